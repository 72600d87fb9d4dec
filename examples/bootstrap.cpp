// SPDX-License-Identifier: MIT
// The median over prompts with an interval that draws the prompts anew.
#include <phiscope/bootstrap.hpp>
#include <phiscope/summary.hpp>

#include <cstddef>
#include <iostream>
#include <span>
#include <vector>

int main() {
  const std::vector<double> of_prompt{0.5, 2.0, 3.5, 1.0, 2.5, 4.5, 3.0};
  const auto median_of = [&](std::span<const std::size_t> drawn) {
    std::vector<double> numbers;
    for (const std::size_t prompt : drawn) numbers.push_back(of_prompt[prompt]);
    return phiscope::median(numbers);
  };
  const phiscope::Estimate found = phiscope::bootstrap(
      of_prompt.size(), median_of, {.resamples = 5000, .seed = 1, .covers = "prompts"});
  std::cout << "median " << found.value << " (" << found.low << " to " << found.high << ", "
            << found.units << ' ' << found.covers << ", " << found.undefined_draws
            << " draws undefined)\n";
}
