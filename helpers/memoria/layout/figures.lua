-- Aligns the figures of a table by their units, and the rest by its beginning, whatever the page on the screen did.

local function is_number(text)
  local plain = text:gsub('\u{2212}', '-')
  return plain:match('^[-+]?%d[%d.,]*%%?$') or plain:match('^[-+]?%d[%d.]*e[-+]?%d+$')
end

-- By column, whether all that is in it are figures.
local function numeric_columns(rows, found)
  for _, row in ipairs(rows) do
    local column = 1
    for _, cell in ipairs(row.cells) do
      local text = pandoc.utils.stringify(cell.contents)
      if text ~= '' then found[column] = found[column] ~= false and is_number(text) ~= nil end
      column = column + cell.col_span
    end
  end
end

-- What the columns say counts for all their cells.
local function as_its_column(rows)
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do cell.alignment = 'AlignDefault' end
  end
  return rows
end

return function(whole)
  local numeric = {}
  for _, body in ipairs(whole.bodies) do numeric_columns(body.body, numeric) end
  whole.colspecs = whole.colspecs:map(function(spec, column)
    return {numeric[column] and 'AlignRight' or 'AlignLeft', spec[2]}
  end)
  whole.head = pandoc.TableHead(as_its_column(whole.head.rows), whole.head.attr)
  local bodies = pandoc.List()
  for _, body in ipairs(whole.bodies) do
    bodies:insert{
      attr = body.attr, body = as_its_column(body.body), head = as_its_column(body.head),
      row_head_columns = body.row_head_columns,
    }
  end
  whole.bodies = bodies
  return whole
end
