// SPDX-License-Identifier: MIT
// Prints, as CSV, how often the intervals of the metrics hold the truth and how often their
// p-values are small where there is nothing to find:  metric_rates coverage|levels SEEDS
#include "rates.hpp"

#include <charconv>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  namespace calibrate = phiscope::calibrate;
  const std::string_view table = argc == 3 ? argv[1] : "";
  const std::string_view text = argc == 3 ? argv[2] : "";
  std::size_t seeds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seeds);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && seeds > 0;
  if ((table != "coverage" && table != "levels") || !is_number) {
    std::cerr << "usage: metric_rates coverage|levels SEEDS\n";
    return 2;
  }
  std::cout << "what,data,units,seeds,defined,hits,at_tenth,at_half,least_p\n";
  const auto rates =
      table == "coverage" ? calibrate::interval_coverage(seeds) : calibrate::test_levels(seeds);
  for (const calibrate::Rate& rate : rates) {
    std::cout << '"' << rate.what << "\",\"" << rate.data << "\"," << rate.units << ','
              << rate.seeds << ',' << rate.defined << ',' << rate.hits << ',' << rate.at_tenth
              << ',' << rate.at_half << ',' << rate.least_p << '\n';
  }
}
