// SPDX-License-Identifier: MIT
#include "patching/definitions.hpp"

#include <array>

namespace phiscope::analyze::patching {

std::string definition(Measure measure) {
  // NOLINTBEGIN(bugprone-suspicious-missing-comma): long sentences in several literals
  static const std::array<std::string, measure_count> texts = {
      "KL(patched || unpatched) of the next token's distribution over the whole vocabulary, nats; "
      "mean over read-outs with different distributions.",
      "KL(unpatched || patched), nats; mean over the same read-outs.",
      "Norm of the difference of the logits; mean over the same read-outs.",
      "Root mean square of the difference of the logits over the same read-outs and the vocabulary "
      "together.",
      "Share of the same read-outs whose most likely token changes.",
      "Mean logit of the tokens of the clean answer's string at the end of thought.",
      "Mean logit of the tokens of the corrupted answer's string at the end of thought.",
      "clean_answer_score minus corrupted_answer_score.",
      "clean_answer_score minus that of the unpatched run.",
      "corrupted_answer_score minus that of the unpatched run.",
      "answer_logit_diff minus that of the unpatched run.",
      "Mean log-probability, nats, of the clean answer's tokens from the first that differs, "
      "teacher-forced.",
      "The same of the corrupted answer's tokens.",
      "clean_score minus corrupted_score, nats.",
      "answer_diff minus that of the unpatched run, nats.",
      "(answer_diff patched - unpatched) / (clean run - unpatched): 1 is the clean run; undefined "
      "(no_gap) where the denominator is below 0.01 nats, whatever its sign; where it is negative, "
      "a positive recovery lowers answer_diff."};
  // NOLINTEND(bugprone-suspicious-missing-comma)
  return texts[static_cast<std::size_t>(measure)];
}

std::vector<std::string> definitions() {
  std::vector<std::string> lines;
  lines.reserve(measure_count + 4);
  for (const Measure measure : all_measures()) {
    lines.push_back(std::string(measure_name(measure)) + ": " + definition(measure));
  }
  lines.emplace_back(
      "Read-outs: eot, at the end of thought; clean:I and corrupted:I, at the I-th scored token of "
      "that answer; greedy:I, after the first I + 1 tokens that the unpatched run generates. "
      "eot:corrupted and corrupted:0 have the distributions of eot and clean:0 and count once.");
  lines.emplace_back(
      "Sets: single, one step; layer, all steps of a layer; first:n and last:n, n steps; prefix, "
      "steps 0 to p; suffix, steps p to the last. The published iterative patching is prefix.");
  lines.emplace_back(
      "Intervals and tests are over pairs: the same sites with new pairs. Sign flips: if a site "
      "does nothing, a pair's change is as likely to have the other sign. p_max compares a site "
      "with the largest statistic of all sites of its mode and set, p_holm is Holm's correction "
      "over them.");
  lines.emplace_back("Difficulty: reasoning steps of the clean question.");
  return lines;
}

}  // namespace phiscope::analyze::patching
