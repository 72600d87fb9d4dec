// SPDX-License-Identifier: MIT
#include "phiid/analysis/analysis.hpp"

#include <algorithm>

namespace phiscope::analyze::phiid {
namespace {

void add_profile_numbers(const RunResult& run, std::vector<KeyNumber>& numbers) {
  for (const Profile& profile : run.profiles) {
    const auto is_of = [&](Ranking ranking) { return profile.measure == ranking_column(ranking); };
    if (std::none_of(rankings.begin(), rankings.end(), is_of)) continue;
    for (const auto& [name, estimate] :
         {std::pair("first third", &profile.first), std::pair("middle third", &profile.middle),
          std::pair("last third", &profile.last), std::pair("first slope", &profile.first_slope),
          std::pair("last slope", &profile.last_slope)}) {
      numbers.push_back({profile.measure + " " + name, estimate->value});
    }
  }
}

void add_shape_numbers(const RunResult& run, std::vector<KeyNumber>& numbers) {
  for (std::size_t k = 0; k < run.shapes.numbers.size(); ++k) {
    const std::string name(ranking_column(rankings[k]));
    const DepthShape& shape = run.shapes.numbers[k];
    numbers.push_back({name + " inverted_u p", shape.p_inverted_u});
    numbers.push_back({name + " u p", shape.p_u});
    numbers.push_back({name + " inverted_u p_family", shape.family_p_inverted_u});
    numbers.push_back({name + " u p_family", shape.family_p_u});
  }
}

}  // namespace

std::vector<KeyNumber> key_numbers(const RunResult& run) {
  std::vector<KeyNumber> numbers;
  add_profile_numbers(run, numbers);
  add_shape_numbers(run, numbers);
  numbers.push_back({"mean sts", run.bias.mean_sts});
  numbers.push_back({"mean rtr", run.bias.mean_rtr});
  for (const Correlation& one : run.correlations) {
    if (one.over != "head") continue;
    numbers.push_back({"spearman " + one.first + " " + one.second +
                           (one.given.empty() ? "" : " given " + one.given),
                       one.spearman.value});
  }
  if (run.surrogates.surrogates == 0) return numbers;
  for (std::size_t k = 0; k < tested_names.size(); ++k) {
    const HeadTests& tests = run.surrogates.tests[k];
    const std::string name(tested_names[k]);
    numbers.push_back({name + " any head p", tests.any_p});
    numbers.push_back({name + " heads p_family <= 0.05", static_cast<double>(tests.family)});
    numbers.push_back({name + " heads p <= 0.05", static_cast<double>(tests.below_5_percent)});
  }
  numbers.push_back({"synergy redundancy p", run.surrogates.correlation.test.p_value});
  return numbers;
}

Value key_number(const std::vector<KeyNumber>& numbers, std::string_view name) {
  const auto found = std::find_if(numbers.begin(), numbers.end(),
                                  [name](const KeyNumber& one) { return one.name == name; });
  return found == numbers.end() ? Value(Status::no_pairs) : found->value;
}

}  // namespace phiscope::analyze::phiid
