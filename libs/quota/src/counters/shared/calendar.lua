-- End (exclusive) of the calendar month, UTC, that holds `ms`. Days are counted in years that begin in March, so that
-- the leap day is the last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
local function month_end(ms)
  local floor = math.floor
  local z = floor(ms / 86400000) + 719468
  local era = floor(z / 146097)
  local day_of_era = z - era * 146097
  local year_of_era =
    floor((day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524) - floor(day_of_era / 146096)) / 365)
  local year = year_of_era + era * 400
  local day_of_year = day_of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100))
  local month = floor((5 * day_of_year + 2) / 153) + 1
  if month == 12 then
    month = 0
    year = year + 1
  end
  era = floor(year / 400)
  year_of_era = year - era * 400
  day_of_era = year_of_era * 365 + floor(year_of_era / 4) - floor(year_of_era / 100) + floor((153 * month + 2) / 5)
  return (era * 146097 + day_of_era - 719468) * 86400000
end
