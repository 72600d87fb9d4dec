// SPDX-License-Identifier: MIT
#include "command/generated_texts.hpp"

#include "files/tokenizer.hpp"
#include "plan/generation.hpp"
#include "shard/file/format_error.hpp"
#include "shard/run_reader.hpp"
#include "shard/run_writer.hpp"

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace phiscope::extract {
namespace {

/// Appends the lines of a shard.
void append_lines(const shard::Run& run, std::int64_t shard, const Tokenizer& tokenizer,
                  std::string& lines) {
  const shard::NpyFile key_file = run.keys(generated_space, shard);
  const std::vector<std::int64_t> keys = key_file.read<std::int64_t>();
  const std::vector<double> ids = run.array(generated_array, shard).read<double>();
  const std::size_t width = ids.empty() ? 0 : keys.size() / ids.size();
  for (std::size_t row = 0; row < ids.size();) {
    const auto* key = keys.data() + row * width;
    std::vector<int> tokens;
    do {
      tokens.push_back(static_cast<int>(ids[row++]));
    } while (row < ids.size() && keys[row * width + width - 1] != 0);
    lines += nlohmann::ordered_json{{"key", std::vector<std::int64_t>(key, key + width - 1)},
                                    {"text", tokenizer.decode(tokens, /*skip_special=*/true)}}
                 .dump() +
             "\n";
  }
}

}  // namespace

void write_generated_texts(const RunOptions& options, const ModelFiles& files) {
  if (!std::filesystem::exists(options.out / "manifest.json")) return;
  if (!std::filesystem::exists(options.model / "tokenizer.json")) {
    std::cerr << "warning: " << shard::path_text(options.model)
              << " has no tokenizer.json: free answers stay token ids, and numbers in them are not "
                 "known\n";
    return;
  }
  const Tokenizer tokenizer = Tokenizer::open(options.model);
  files.check_unchanged();
  const shard::Run run = shard::Run::open(options.out);
  std::string lines;
  for (const std::int64_t shard : run.shards()) append_lines(run, shard, tokenizer, lines);
  shard::write_run_file(options.out / "generated_texts.jsonl", lines, options.lock);
}

}  // namespace phiscope::extract
