-- Turns the HTML that nbconvert makes of a notebook into calls to the functions in memoria.typ.

local split = dofile(pandoc.path.join{pandoc.path.directory(PANDOC_SCRIPT_FILE), 'wide_tables.lua'})

local function raw(text) return pandoc.RawBlock('typst', text) end

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
  return pandoc.RawInline('typst', '#imagenes.at(' .. #images - 1 .. ');')
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
  return pandoc.RawInline('typst',
    '#math.equation(alt: ' .. quoted(element.text) .. ', block: ' .. block .. ', ' .. body .. '.body)')
end

-- Text that typst would take for a list or a heading at the start of a table cell.
local function plain(element)
  local first = element.content[1]
  local word = first and first.t == 'Str' and first.text or ''
  if word:match('^%d+%.$') or word:match('^[-+/]$') or word:match('^=+$') then
    element.content:insert(1, pandoc.RawInline('typst', '#none;'))
    return element
  end
end

-- Tables that opt out of MathJax hold data, where $ is just a character.
local function data_table(element)
  if element.classes:includes('tex2jax_ignore') then element = element:walk{Math = delimited} end
  return split(element)
end

-- The notebooks are chapters of one document: a link to one of their files would lead nowhere.
local function link(element)
  if element.target:match('^[%w_]+%.ipynb') then return element.content end
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
        return code
      end}
    end
  end
end

local function code_block(code)
  local name = code.attributes.caja or 'listado'
  local python = name == 'entrada' or name == 'listado' and #code.classes == 0 and looks_like_python(code.text)
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

return {
  {Table = data_table},
  {Math = formula, Link = link, Image = image, Plain = plain, Div = code_box},
  {CodeBlock = code_block},
  {Div = div},
  {Pandoc = list_images},
}
