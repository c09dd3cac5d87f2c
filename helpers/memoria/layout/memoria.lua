-- Turns the HTML that nbconvert makes of a notebook into calls to the functions in memoria.typ.

local function beside(name) return dofile(pandoc.path.join{pandoc.path.directory(PANDOC_SCRIPT_FILE), name}) end

local split, align_figures = beside('wide_tables.lua'), beside('figures.lua')

local function raw(text) return pandoc.RawBlock('typst', text) end

local function raw_inline(text) return pandoc.RawInline('typst', text) end

local function call(name, blocks)
  local result = pandoc.Blocks{raw('#' .. name .. '[')}
  result:extend(blocks)
  result:insert(raw(']'))
  return result
end

local function quoted(text)
  return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"'):gsub('%s+', ' ') .. '"'
end

-- CSS classes of nbconvert and the helpers, and the typst function for each.
local CODE_BOXES = {
  input_area = 'entrada',
  output_error = 'traza',
  output_stderr = 'aviso',
  output_stdout = 'salida',
  output_text = 'salida',
}

local BOXES = {
  ['expected-error'] = 'error-esperado',
  explained = 'error-esperado',
  celltag_pregunta = 'pregunta',
  celltag_respuesta = 'respuesta',
}

-- Tags set by preprocess.py, and the margin note beside each tagged cell.
local MARKS = {
  ['celltag_sin-ejecutar'] = 'sin ejecutar',
  ['celltag_fuera-de-orden'] = 'fuera de orden',
}

-- images.py decides what each image shows, by its position in this list. Nothing is read or fetched here.
local images = pandoc.List()

local function image(element)
  local alt = pandoc.utils.stringify(element.caption)
  if alt == '' or alt:match('^No description') then alt = 'Imagen sin descripción' end
  images:insert{src = element.src, alt = alt}
  return raw_inline('#imagenes.at(' .. #images - 1 .. ');')
end

local function list_images()
  local file = assert(io.open('imagenes.json', 'w'))
  assert(file:write(pandoc.json.encode(images)))
  assert(file:close())
end

local function delimited(element)
  local mark = element.mathtype == 'DisplayMath' and '$$' or '$'
  return pandoc.Str(mark .. element.text .. mark)
end

local MOST_FORMULA_BYTES = 2000
local MOST_FORMULA_DEPTH = 30
local MOST_FORMULAS = 2000 -- each takes pandoc some milliseconds
local formulas = 0

-- Whether it would crash typst: each { may be one more level.
local function too_deep(formula)
  local depth, deepest = 0, 0
  for brace in formula:gmatch('[{}]') do
    depth = depth + (brace == '{' and 1 or -1)
    deepest = math.max(depth, deepest)
  end
  return deepest > MOST_FORMULA_DEPTH
end

-- A formula keeps its source as alternative text; one that cannot be typeset stays as written.
local function formula(element)
  formulas = formulas + 1
  if formulas > MOST_FORMULAS or #element.text > MOST_FORMULA_BYTES or too_deep(element.text) then return delimited(element) end
  local body = pandoc.write(pandoc.Pandoc{pandoc.Plain{element}}, 'typst'):gsub('%s+$', '')
  if not body:match('^%$.*%$$') then return delimited(element) end
  local block = tostring(element.mathtype == 'DisplayMath')
  return raw_inline(
    '#math.equation(alt: ' .. quoted(element.text) .. ', block: ' .. block .. ', ' .. body .. '.body)')
end

-- Text that typst would take for a list or a heading at the start of a table cell.
local function plain(element)
  local first = element.content[1]
  local word = first and first.t == 'Str' and first.text or ''
  if word:match('^%d+%.$') or word:match('^[-+/]$') or word:match('^=+$') then
    element.content:insert(1, raw_inline('#none;'))
    return element
  end
end

-- Tables that opt out of MathJax hold data, where $ is just a character.
local function data_table(element)
  if element.classes:includes('tex2jax_ignore') then element = element:walk{Math = delimited} end
  element = element:walk{Code = function(code) code.attributes['en-tabla'] = '1' return code end}
  return split(align_figures(element))
end

-- A link to an anchor that is not in the document, or is there twice, becomes its text.
local labels = {} -- for each name, the typst labels of the places that have it
local places = 0

-- A label of our own, since the look has labels too, and typst does not take any character.
local function named(names)
  places = places + 1
  local label = 'ancla-' .. places
  for name in pairs(names) do
    labels[name] = labels[name] or pandoc.List()
    labels[name]:insert(label)
  end
  return label
end

-- As JupyterLab does, a heading is also called as it reads, with hyphens.
local function heading(element)
  local words = pandoc.utils.stringify(element):gsub('%s', '-')
  element.identifier = named{[words] = true, [element.identifier] = true}
  return element
end

local function unescaped(address)
  return (address:gsub('%%(%x%x)', function(figures) return string.char(tonumber(figures, 16)) end))
end

-- The label stands before the span, on something invisible: what is in the span may be nothing.
local function span(element)
  if element.identifier == '' then return end
  local label = named{[element.identifier] = true}
  element.identifier = ''
  return {raw_inline('#[#metadata(none)<' .. label .. '>]'), element}
end

-- The notebooks are chapters of one document: a link to one of their files would lead nowhere.
local function link(element)
  element.identifier = ''
  if element.target:match('^[%w_]+%.ipynb') then return element.content end
  local name = element.target:match('^#(.*)')
  if not name then return element end
  local found = labels[name] or labels[unescaped(name)] or {}
  if #found ~= 1 then return element.content end
  element.target = '#' .. found[1]
  return element
end

-- Outside tables, where columns may be narrow, the words of inline code are not broken.
local function inline_code(code)
  code.identifier = ''
  if code.attributes['en-tabla'] then return code end
  return {raw_inline('#entero['), code, raw_inline(']')}
end

local function unnamed(element)
  element.identifier = ''
  return element
end

-- Code formatted by Pygments, such as IPython's Code, has lost the language's name.
local function looks_like_python(text)
  return ('\n' .. text):match('\nimport ') or ('\n' .. text):match('\ndef ')
end

-- Only marks which box the code goes in: pandoc visits what is inside a div before the div itself.
local function code_box(element)
  for class, name in pairs(CODE_BOXES) do
    if element.classes:includes(class) then
      return element:walk{CodeBlock = function(code)
        code.attributes.caja = name
        code.attributes.pegada = element.classes:includes('con-salida') and 'true' or nil
        return code
      end}
    end
  end
end

local function code_block(code)
  local name = code.attributes.caja or 'listado'
  local python = name == 'entrada' or name == 'listado' and #code.classes == 0 and looks_like_python(code.text)
  if code.attributes.pegada then name = name .. '(pegada: true)' end
  return call(name, {pandoc.CodeBlock(code.text:gsub('^\n+', ''), {class = python and 'python' or code.classes[1]})})
end

-- For the index at the end: the question's heading without its first word, and what it asks.
local function in_index(blocks)
  local title, statement = blocks[1], blocks[2]
  if not (title and title.t == 'Header' and statement) then return end
  local name = pandoc.utils.stringify(title):gsub('^Pregunta ', '')
  blocks:insert(raw('#metadata((' .. quoted(name) .. ', ' .. quoted(pandoc.utils.stringify(statement)) .. ')) <pregunta>'))
end

local function div(element)
  local content = element.content
  if element.classes:includes('celltag_pregunta') then in_index(content) end
  for class, name in pairs(BOXES) do
    if element.classes:includes(class) then content = call(name, content) end
  end
  for class, words in pairs(MARKS) do
    if element.classes:includes(class) then content:insert(1, raw('#al-margen[' .. words .. ']')) end
  end
  return content
end

-- The cell before an answer stays with it.
local function keep_with_answers(blocks)
  for position = #blocks - 1, 1, -1 do
    local block, next_one = blocks[position], blocks[position + 1]
    local is_answer = next_one.t == 'Div' and next_one.classes:includes('celltag_respuesta')
    if is_answer and block.t == 'Div' and not block.classes:includes('celltag_pregunta') then
      block.content = call('con-respuesta', block.content)
    end
  end
  return blocks
end

local LEAD_IN_BYTES = 110 -- a line; more than one may end a page, but for two under a heading

local function is_code(block)
  if block.t == 'Div' and block.classes:includes('input_area') then return true end
  return block.t == 'Div' and #block.content > 0 and is_code(block.content[1])
end

-- A line stays with the code that it announces. A cell with tags is a div; a question's stays with what follows anyway.
local function keep_with_code(blocks)
  for position = 1, #blocks - 1 do
    local list, last = blocks, position
    if blocks[last].t == 'Div' and not is_code(blocks[last]) and not blocks[last].classes:includes('celltag_pregunta') then
      list = blocks[last].content
      last = #list
    end
    local bytes = last > 0 and list[last].t == 'Para' and #pandoc.utils.stringify(list[last]) or 0 -- none in an image's
    local lines = last > 1 and list[last - 1].t == 'Header' and 2 or 1
    if bytes > 0 and bytes <= lines * LEAD_IN_BYTES and is_code(blocks[position + 1]) then
      list[last] = pandoc.Div(call('anuncio', {list[last]}))
    end
  end
  return blocks
end

return {
  {Table = data_table},
  {Header = heading, Span = span, Table = unnamed, Figure = unnamed, Code = inline_code},
  {Link = link},
  {Math = formula, Image = image, Plain = plain, Div = code_box},
  {CodeBlock = code_block},
  {Blocks = function(blocks) return keep_with_answers(keep_with_code(blocks)) end},
  {Div = div},
  {Pandoc = list_images},
}
