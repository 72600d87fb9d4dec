// SPDX-License-Identifier: MIT
#include "ahead/pass_lengths.hpp"

#include "plan/sharing.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

std::int64_t given_length(const Run& run) {
  return given_positions(run) + run.quote.tokens;
}

std::string name_of_run(const Group& group, std::size_t r) {
  const std::vector<std::int64_t>& key = group.runs[r].key;
  return key.empty() ? "run " + std::to_string(r) + " of its group"
                     : "prompt " + std::to_string(key.front());
}

/// Equal for passes with the same frequencies.
std::int64_t kind_of(const RopeParameters& rope, std::int64_t length) {
  if (rope.type == RopeType::longrope) return length > rope.original_max_positions ? 1 : 0;
  return std::max(length, rope.original_max_positions);
}

std::int64_t generated_tokens(const Plan& plan, const Run& run) {
  const int most = plan.generation.tokens;
  if (most <= 0 || !run.generates || run.donor) return 0;
  return run.limit > 0 ? std::min(run.limit, most) : most;
}

void check_run_lengths(const ModelConfig& config, const RopeParameters& rope, const Plan& plan,
                       const Group& group, std::size_t r) {
  const Run& run = group.runs[r];
  const std::int64_t length = given_length(run);
  const std::int64_t end = length + generated_tokens(plan, run);
  const std::string type(name_of(rope.type));
  const std::string context = std::to_string(rope.original_max_positions);
  const auto refuse = [&](const std::string& what) {
    throw std::runtime_error(name_of_run(group, r) + ": " + what);
  };
  const bool in_parts = run.latents.count > 0 || run.quote.tokens > 0;
  if (in_parts && end > rope.original_max_positions) {
    refuse(std::to_string(end) + " positions with latents or quoted tokens, expected at most the " +
           context + " within which frequencies of type " + type + " do not change");
  }
  const bool anew = config.family == "phi3" && rope.type == RopeType::longrope;
  if (anew && kind_of(rope, length) != kind_of(rope, end)) {
    refuse(
        std::to_string(length) + " tokens and " + std::to_string(end - length) +
        " to generate pass the " + context +
        " tokens after which transformers computes the text anew with the long factors, which is "
        "not supported, expected at most " +
        std::to_string(rope.original_max_positions - length) + " to generate");
  }
  const std::size_t parent = parent_of(group, r);
  if (parent == no_run) return;
  const std::int64_t others = given_length(group.runs[parent]);
  if (kind_of(rope, length) == kind_of(rope, others)) return;
  refuse(std::to_string(length) + " tokens, and " + std::to_string(others) +
         " in the text whose beginning it shares, expected both within the " + context +
         " tokens of the trained context" +
         (rope.type == RopeType::longrope ? " or both beyond" : "") +
         ": their frequencies of type " + type + " differ");
}

}  // namespace

void check_pass_lengths(const ModelConfig& config, const Plan& plan) {
  if (config.rotary_dim == 0) return;
  const auto check = [&](const RopeParameters& rope) {
    if (!rope.depends_on_length()) return;
    for (const Group& group : plan.groups) {
      for (std::size_t r = 0; r < group.runs.size(); ++r) {
        check_run_lengths(config, rope, plan, group, r);
      }
    }
  };
  check(config.rope);
  if (config.local_rope) check(*config.local_rope);
}

}  // namespace phiscope::extract
