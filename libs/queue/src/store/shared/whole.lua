-- Numbers come as text: `nan`, negatives, fractions and what a double cannot hold exactly are refused before any write.
local function whole(text)
  local number = tonumber(text)
  if not number or not (number >= 0 and number < 2 ^ 53 and number % 1 == 0) then
    error('ERR ' .. tostring(text) .. ' is not a whole number')
  end
  return number
end
