// SPDX-License-Identifier: MIT
#include "steps/definitions.hpp"

namespace phiscope::analyze::steps {

std::string importance_definition() {
  return "Importance: share of the answers that are right without a change and are not right with "
         "it. Problems that the baseline fails do not enter it.";
}

std::vector<std::string> definitions(const Options& options) {
  std::vector<std::string> lines;
  lines.reserve(measure_count + 10);
  lines.push_back(importance_definition());
  lines.emplace_back(
      "Repaired: share of the answers that are not right without a change and are right with it.");
  lines.emplace_back(
      "Step sets: cumulative i, the first i thoughts are changed; single i, thought i alone; "
      "leave-one i, all but thought i; all; early-exit i, only the first i are thought and nothing "
      "is changed. Thoughts count from 0, bot is the token before them.");
  lines.emplace_back(
      "Importance of cumulative i is not that of position i: it is of all thoughts before i "
      "together.");
  lines.emplace_back(
      options.grader == Grader::published
          ? "Right: the number that the published patterns find, within 0.01 of the right one. An "
            "answer without a number is wrong and counted."
          : "Right: the last number of the answer, without commas, less than 0.01 from the right "
            "one, compared exactly. An answer without a number is wrong and counted.");
  for (const Measure measure : all_measures()) {
    lines.push_back(std::string(measure_name(measure)) + ": " + measure_definition(measure) + ".");
  }
  lines.emplace_back(
      "perplexity: exp of the mean surprisal of the right answers; each problem weighs the same.");
  lines.emplace_back(
      "Strata: problems of 2 and fewer, 3, 4, 5 and more steps in the worked answer. One with "
      "fewer "
      "than 5 right answers is grey and not tested.");
  lines.emplace_back(
      "Intervals are over problems, 95 %: Wilson's of rates, else t below 10 problems and "
      "studentised bootstrap from there on; BCa of slopes.");
  lines.emplace_back(
      "Tests: McNemar's exact one against the baseline (broken against repaired) and between "
      "neighbouring steps of single (over right answers); permutation of the stratum labels for "
      "the "
      "slope of importance over strata; sign flips of problems for the first half of the steps of "
      "single minus the second. p_holm is Holm's correction over all p-values of the report.");
  return lines;
}

}  // namespace phiscope::analyze::steps
