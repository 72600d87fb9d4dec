// SPDX-License-Identifier: MIT
#include "shard/run_check.hpp"
#include "target.hpp"

namespace phiscope::fuzz {

bool try_run_prompts(std::string_view input) {
  return accept_or_refuse("prompts.jsonl", [&] {
    const auto prompts = shard::parse_prompts(input, "prompts.jsonl");
    std::string written;
    for (const nlohmann::json& prompt : prompts) {
      require(prompt.is_object(), "prompts of a run: no object");
      written += prompt.dump() + "\n";
    }
    require(read_again([&] { return shard::parse_prompts(written, "p.jsonl"); }) == prompts,
            "prompts of a run: do not come back");
  });
}

}  // namespace phiscope::fuzz
