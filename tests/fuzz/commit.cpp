// SPDX-License-Identifier: MIT
#include "a_run.hpp"
#include "target.hpp"

namespace phiscope::fuzz {

bool try_commit(std::string_view input) {
  static const shard::RunPlan plan = a_plan();
  const auto accepts = [&](std::int64_t shard) {
    return accept_or_refuse("x.json", [&] {
      const shard::Commit commit = shard::parse_commit(input, "x.json", plan, shard);
      require(commit.shard == shard, "commit: shard");
      require(commit.files.size() == 3, "commit: files");
      for (const shard::CommittedFile& file : commit.files) {
        require(file.rows == commit.files.back().rows, "commit: rows");
        require(file.sha256.size() == 64, "commit: hash");
      }
      const std::string written = commit_bytes(commit);
      require(
          read_again([&] { return shard::parse_commit(written, "x.json", plan, shard); }) == commit,
          "commit: does not come back");
    });
  };
  const bool first = accepts(0);
  const bool second = accepts(1);
  require(!(first && second), "commit: of two shards");
  return first || second;
}

}  // namespace phiscope::fuzz
