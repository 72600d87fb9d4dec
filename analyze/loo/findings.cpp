// SPDX-License-Identifier: MIT
#include "loo/findings.hpp"

#include "report/estimate_text.hpp"

namespace phiscope::analyze::loo {
namespace {

/// "keep: " where the report has several runs.
std::string tag(const RunResult& run, const std::vector<RunResult>& runs) {
  return runs.size() > 1 ? run.label + ": " : std::string();
}

std::string ratio_text(const Aggregate& ratio, bool with_units) {
  if (!ratio.mean.value.ok()) {
    return "undefined (" + std::string(status_name(main_reason(ratio))) + ")";
  }
  return with_units ? report::estimate_text(ratio.mean) : report::bracket_text(ratio.mean);
}

/// "semantic 1.78 [1.60, 1.95], unrelated 1.01 [0.90, 1.10]": units per number only where they
/// differ between the conditions.
std::string ratios(const RunResult& run, std::size_t length, std::string& units) {
  const std::size_t layer = run.info.layers.size() - 1;
  bool same = true;
  std::vector<std::size_t> present;
  for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
    if (run.has(condition, length)) present.push_back(condition);
  }
  const auto ratio = [&](std::size_t condition) -> const Aggregate& {
    return run.level_at(condition, length, layer, Scale::absolute, 0);
  };
  for (const std::size_t condition : present) {
    const Estimate& mean = ratio(condition).mean;
    same = same && mean.low.ok() && mean.units == ratio(present.front()).mean.units;
  }
  units = same && !present.empty() ? " (" + report::units_text(ratio(present.front()).mean) + ")"
                                   : std::string();
  std::string text;
  for (const std::size_t condition : present) {
    text += (text.empty() ? "" : ", ") + run.info.conditions[condition].name + " " +
            ratio_text(ratio(condition), !same);
  }
  return text;
}

/// "1.34"; of several conditions "semantic 1.34, unrelated 1.29": each has embeddings of its own.
std::string mixing_text(const RunResult& run, std::size_t length) {
  std::string text;
  std::string only;
  std::size_t count = 0;
  for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
    if (!run.has(condition, length)) continue;
    only = report::value_text(run.mixing_at(condition, length, Scale::absolute).mean.value);
    text += (text.empty() ? "" : ", ") + run.info.conditions[condition].name + " " + only;
    ++count;
  }
  return count == 1 ? only : text;
}

std::string ratio_finding(const RunResult& run, std::size_t length) {
  std::string units;
  const std::string text = ratios(run, length, units);
  std::string line = "separation ratio in layer " + std::to_string(run.info.layers.back()) +
                     ", N = " + std::to_string(run.lengths[length]) + units + ": " + text;
  if (!run.has_embedding()) return line + ".";
  return line + "; neighbour mixing alone gives " + mixing_text(run, length) + ".";
}

std::string zero_finding(const RunResult& run) {
  std::string text = "R\u00b2 of position 0 alone for the mean ratio influences (median layer): ";
  std::string separator;
  for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
    const Value share = zero_share(run.position_zero, run.info.layers, condition);
    text += separator + run.info.conditions[condition].name + " " + report::value_text(share);
    separator = ", ";
  }
  return text + ".";
}

/// First letter as a capital, where nothing comes before.
std::string sentence_of(const std::string& begin, std::string text) {
  if (begin.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return begin + text;
}

}  // namespace

std::vector<std::string> findings(const std::vector<RunResult>& runs) {
  std::vector<std::string> lines;
  for (const RunResult& run : runs) {
    const std::string begin = tag(run, runs);
    lines.push_back(sentence_of(begin, ratio_finding(run, run.lengths.size() - 1)));
    if (run.lengths.size() > 1) lines.push_back(sentence_of(begin, ratio_finding(run, 0)));
    lines.push_back(sentence_of(begin, zero_finding(run)));
    if (run.has_embedding()) continue;
    lines.push_back(
        sentence_of(begin, "no neighbour-mixing baseline: the run has no embedding layer (-1)."));
  }
  return lines;
}

std::vector<std::string> definitions() {
  // NOLINTBEGIN(bugprone-suspicious-missing-comma): long sentences in several literals
  return {
      "Separation ratio (bounded Phi): mean distance of cross pairs / mean distance of within "
      "pairs, at most 1000; above 1 where words of a cluster are closer together. Cross pairs are "
      "of different clusters (and the same group, unless --cross all). It is not the Phi of "
      "integrated information.",
      "Energy: mean squared distance of within pairs. Graph energy: sum of squared distances over "
      "the walk's edges; Rayleigh: that sum / total variance of the words.",
      "Influence of a position: ratio, cross and within distance of the full context less those "
      "without the position; energy without it less that of the full context. A positive ratio or "
      "energy influence means that leaving the position out hurts structure.",
      "Bridge: a position whose word is in another cluster than the word before. Anchor: every "
      "other position, position 0 included unless said.",
      "Intervals are of the mean; positions of one walk are not independent, so whole walks are "
      "drawn anew: t below 10 walks, studentised bootstrap from there, none below 5. "
      "They say how the mean would vary with new walks on this model, not with other models or "
      "words.",
      "Bridge - anchor: mean influence of a walk's bridges less that of its anchors; sign-flip "
      "test over walks, two-sided; p_max is corrected over layers and lengths by the largest "
      "statistic of each pattern of signs.",
      "Neighbour mixing: each word's embedding averaged with that of the word before it in the "
      "walk, without any model. Its ratio is above 1 where walks stay in clusters, so a model's "
      "ratio is compared with it, not with 1; a ratio below it counts as p = 1.",
      "Permuted clusters: words permuted over clusters and groups, the same permutation in all "
      "walks and layers; one-sided p = (1 + permutations with at least the ratio) / (1 + "
      "permutations).",
      "Beyond counts: a row is a mean over k occurrences and has 1 / k of their noise, so words "
      "that "
      "a walk returns to are closer without knowing of each other. Bridge - anchor and permuted "
      "clusters are tested again after a line in sqrt(1 / k_a + 1 / k_b) was taken out of the "
      "distances of each walk and layer; a claim has the larger p.",
      "constant: all rows are equal, there is no ratio. floored: distances are below 1e-10, the "
      "ratio depends on their unit."};
  // NOLINTEND(bugprone-suspicious-missing-comma)
}

}  // namespace phiscope::analyze::loo
