/* Colours the shell's lines of a notebook's cells, which JupyterLab takes for Python: `!awslocal …`, `x = !…`, the lines
   of a `%%bash` cell, and the name of any magic. The colours are those of JupyterLab's own theme.

   It is what JupyterLab's builder makes of an extension, written by hand: nothing has to be built. */
"use strict";
{
  const NAME = "shell-colours";
  const MAGIC = /^\s*%%?\w+/;
  const SHELL_LINE = /^\s*(?:[\w.,\s]*=\s*)?(?:!!?|%(?:sx|system)\b)/;
  const SHELL_CELL = /^%%(?:bash|sh|script|sx|system|!)/;
  const TOKEN = new RegExp(
    [
      /(?<space>\s+|\\$)/,
      /(?<comment>(?<=\s|^)#.*)/,
      /(?<string>'[^']*'?|"(?:\\.|[^"\\])*"?)/,
      /(?<field>\{\w+\}|\$\{?\w+\}?)/,
      /(?<option>(?<=\s)--?[A-Za-z][\w-]*)/,
      /(?<end>[|;&]+)/,
      /(?<word>[^\s'"{}$|;&\\]+|.)/,
    ].map(one => one.source).join("|"),
    "g"
  );

  let shared;

  /* Return one of JupyterLab's own modules. */
  async function load(name) {
    const [version] = Object.values(shared[name]);
    return (await version.get())();
  }

  /* Yield what is to be coloured in a cell's lines: the line's number, from and to in it, and its kind. */
  function* pieces(lines) {
    const isShellCell = SHELL_CELL.test(lines[0]);
    let isContinued = false;
    let isCommand = true; // a program's name comes next
    for (const [number, line] of lines.entries()) {
      const isHead = isShellCell && number === 0;
      const start = isHead ? MAGIC.exec(line) : SHELL_LINE.exec(line) ?? MAGIC.exec(line);
      const isShell = !isHead && (isShellCell || isContinued || SHELL_LINE.test(line));
      const from = isContinued || (isShellCell && !isHead) ? 0 : start ? start[0].length : 0;
      if (start && from) {
        yield [number, start[0].search(/[!%]/), from, "magic"];
      }
      if (!isShell) {
        continue;
      }
      isCommand ||= !isContinued;
      TOKEN.lastIndex = from;
      for (let found; (found = TOKEN.exec(line)); ) {
        const [kind] = Object.entries(found.groups).find(([, text]) => text !== undefined);
        const isProgram = isCommand && kind === "word" && !found[0].includes("=");
        if (kind !== "space") {
          yield [number, found.index, TOKEN.lastIndex, isProgram ? "program" : kind];
          isCommand = kind === "end" || (isCommand && !isProgram);
        }
      }
      isContinued = line.endsWith("\\");
    }
  }

  async function extension() {
    const { IEditorExtensionRegistry, EditorExtensionRegistry, jupyterHighlightStyle } = await load("@jupyterlab/codemirror");
    const { Decoration, ViewPlugin } = await load("@codemirror/view");
    const { Prec } = await load("@codemirror/state");
    const { tags } = await load("@lezer/highlight");
    const TAGS = {
      magic: tags.meta,
      program: tags.keyword,
      option: tags.attributeName,
      string: tags.string,
      field: tags.propertyName,
      comment: tags.comment,
      end: tags.operator,
      word: tags.variableName,
    };
    const marks = Object.fromEntries(
      Object.entries(TAGS).map(([kind, tag]) => {
        const colours = jupyterHighlightStyle.style([tag]) ?? "";
        return [kind, Decoration.mark({ class: `shell-${kind} ${colours}` })];
      })
    );

    class Colours {
      constructor(view) {
        this.decorations = this.of(view.state.doc);
      }

      update(update) {
        if (update.docChanged) {
          this.decorations = this.of(update.state.doc);
        }
      }

      of(doc) {
        const found = [];
        for (const [number, from, to, kind] of pieces(doc.toString().split("\n"))) {
          const start = doc.line(number + 1).from;
          found.push(marks[kind].range(start + from, start + to));
        }
        return Decoration.set(found);
      }
    }

    // Inside what the highlighter of Python has made, so that these colours are the ones seen.
    const colours = Prec.highest(ViewPlugin.fromClass(Colours, { decorations: plugin => plugin.decorations }));
    return {
      id: `${NAME}:plugin`,
      autoStart: true,
      requires: [IEditorExtensionRegistry],
      activate: (_, registry) => {
        registry.addExtension({
          name: NAME,
          factory: ({ model }) => (model.type === "code" ? EditorExtensionRegistry.createImmutableExtension(colours) : null),
        });
      },
    };
  }

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB[NAME] = {
    init: scope => {
      shared = scope;
    },
    get: async () => {
      const plugin = await extension();
      return () => plugin;
    },
  };
}
