// SPDX-License-Identifier: MIT
// Prints, as CSV, how often the intervals of the metrics hold the truth and how often their
// p-values are small where there is nothing to find:  metric_rates coverage|levels DATA_SETS SEED
#include "rates.hpp"

#include <charconv>
#include <iostream>
#include <optional>
#include <string_view>
#include <system_error>

namespace {

/// A number above or equal to `least`, or nothing.
std::optional<std::size_t> number(std::string_view text, std::size_t least) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && value >= least ? std::optional(value) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  namespace calibrate = phiscope::calibrate;
  const std::string_view table = argc == 4 ? argv[1] : "";
  const auto seeds = number(argc == 4 ? argv[2] : "", 1);
  const auto seed = number(argc == 4 ? argv[3] : "", 0);
  if ((table != "coverage" && table != "levels") || !seeds || !seed) {
    std::cerr << "usage: metric_rates coverage|levels DATA_SETS SEED\n";
    return 2;
  }
  const calibrate::Draws draws{.first = *seed * *seeds, .count = *seeds};
  std::cout << "what,data,units,defined,hits,at_tenth,at_half,least_p\n";
  const auto rates =
      table == "coverage" ? calibrate::interval_coverage(draws) : calibrate::test_levels(draws);
  for (const calibrate::Rate& rate : rates) {
    std::cout << '"' << rate.what << "\",\"" << rate.data << "\"," << rate.units << ','
              << rate.defined << ',' << rate.hits << ',' << rate.at_tenth << ',' << rate.at_half
              << ',' << rate.least_p << '\n';
  }
}
