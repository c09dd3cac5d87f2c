-- Splits a table with too many columns for a page into several, one below the other, each with the row headers.

local MOST_COLUMNS = 8
local MOST_HEADERS = 3

-- How many columns of first..last are in from..to.
local function overlap(first, last, from, to)
  return math.max(0, math.min(last, to) - math.max(first, from) + 1)
end

-- The rows with only columns 1..headers and from..to; a cell that spans several columns is cut to those.
local function pick(rows, headers, from, to)
  local taken = {} -- how many more rows of each column are covered by a cell that began above
  local picked = pandoc.List()
  for _, row in ipairs(rows) do
    local cells, column = pandoc.List(), 1
    local begun = {}
    for _, cell in ipairs(row.cells) do
      while (taken[column] or 0) > 0 do column = column + 1 end
      local last = column + cell.col_span - 1
      for covered = column, last do begun[covered] = cell.row_span end
      local span = overlap(column, last, 1, headers) + overlap(column, last, from, to)
      if span > 0 then
        cells:insert(pandoc.Cell(cell.contents, cell.alignment, cell.row_span, span, cell.attr))
      end
      column = last + 1
    end
    for covered, left in pairs(taken) do taken[covered] = left - 1 end
    for covered, rows_high in pairs(begun) do taken[covered] = rows_high - 1 end
    picked:insert(pandoc.Row(cells, row.attr))
  end
  return picked
end

local function part(whole, headers, from, to)
  local result = whole:clone()
  local specs = pandoc.List()
  for column, spec in ipairs(whole.colspecs) do
    if column <= headers or (column >= from and column <= to) then specs:insert(spec) end
  end
  result.colspecs = specs
  result.head = pandoc.TableHead(pick(whole.head.rows, headers, from, to), whole.head.attr)
  result.foot = pandoc.TableFoot(pick(whole.foot.rows, headers, from, to), whole.foot.attr)
  result.bodies = pandoc.List()
  for _, body in ipairs(whole.bodies) do
    result.bodies:insert{
      attr = body.attr,
      body = pick(body.body, headers, from, to),
      head = pick(body.head, headers, from, to),
      row_head_columns = headers,
    }
  end
  return result
end

return function(whole)
  local columns = #whole.colspecs
  if columns <= MOST_COLUMNS then return {whole} end
  local headers = whole.bodies[1] and math.min(whole.bodies[1].row_head_columns, MOST_HEADERS) or 0
  local parts = {}
  for from = headers + 1, columns, MOST_COLUMNS - headers do
    table.insert(parts, part(whole, headers, from, math.min(from + MOST_COLUMNS - headers - 1, columns)))
  end
  return parts
end
