// SPDX-License-Identifier: MIT
#include "a_run.hpp"
#include "shard/run_check.hpp"
#include "target.hpp"

namespace phiscope::fuzz {

bool try_manifest(std::string_view input) {
  static const shard::RunPlan plan = a_plan();
  static const std::vector<shard::Commit> commits{a_commit(0), a_commit(1)};
  static const std::string expected = manifest_bytes(plan, some_prompts, commits);
  const bool accepted = accept_or_refuse("manifest.json", [&] {
    shard::check_manifest(input, "manifest.json", some_prompts, plan, commits);
  });
  require(accepted == (input == expected), "manifest: a wrong verdict");
  if (input.size() > 64) return accepted;  // the rest takes time
  // The same bytes as those of the prompts: their hash is in the manifest.
  const bool other = accept_or_refuse("manifest.json", [&] {
    shard::check_manifest(expected, "manifest.json", input, plan, commits);
  });
  require(other == (input == some_prompts), "manifest: of other prompts");
  return accepted;
}

}  // namespace phiscope::fuzz
