// SPDX-License-Identifier: MIT
#include "sampling/smoke.hpp"

#include "random_model/random_model.hpp"
#include "shard/file/atomic_file.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

constexpr int byte_count = 256;
constexpr int end_of_text = byte_count;

constexpr const char* smoke_problems =
    R"({"id": "smoke-0", "question": "A shelf has 9 books. 3 are lent. How many are left?", )"
    R"("answer": "There are 9 - 3 = 6 books left.\n#### 6"})"
    "\n"
    R"({"id": "smoke-1", "question": "A tram has 4 doors on each of 2 sides. How many is that?", )"
    R"("answer": "There are 4 * 2 = 8 doors in all.\n#### 8"})"
    "\n"
    R"({"id": "smoke-2", "question": "A jar has 5 coins and gets 7 more. How many are in it?", )"
    R"("answer": "There are 5 + 7 = 12 coins now.\n#### 12"})"
    "\n";

/// A character of at most two bytes as UTF-8.
std::string utf8(int code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// The tokenizer of byte-level BPE without merges. A byte is written as the character of its code,
/// or, where that is no visible one, as the next of those from 256 on.
ordered_json byte_tokenizer() {
  ordered_json vocabulary = ordered_json::object();
  int next = byte_count;
  for (int byte = 0; byte < byte_count; ++byte) {
    const bool is_visible =
        (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte < 0xAD) || byte > 0xAD;
    vocabulary[utf8(is_visible ? byte : next++)] = byte;
  }
  const ordered_json level{{"type", "ByteLevel"},
                           {"add_prefix_space", false},
                           {"trim_offsets", true},
                           {"use_regex", true}};
  const ordered_json end{
      {"id", end_of_text}, {"content", "<|endoftext|>"}, {"single_word", false}, {"lstrip", false},
      {"rstrip", false},   {"normalized", false},        {"special", true}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", ordered_json::array({end})},
          {"normalizer", nullptr},
          {"pre_tokenizer", level},
          {"post_processor", nullptr},
          {"decoder", level},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"vocab", vocabulary},
            {"merges", ordered_json::array()}}}};
}

ordered_json configuration() {
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"model_type", "gpt2"},
          {"activation_function", "gelu_new"},
          {"n_embd", 32},
          {"n_head", 4},
          {"n_layer", 4},
          {"n_positions", 512},
          {"vocab_size", byte_count + 1},
          {"layer_norm_epsilon", 1e-5},
          {"initializer_range", 0.2},  // so large that scores differ
          {"tie_word_embeddings", true},
          {"bos_token_id", end_of_text},
          {"eos_token_id", end_of_text},
          {"dtype", "float32"}};
}

}  // namespace

SamplingOptions smoke_options(const SamplingOptions& given) {
  const std::filesystem::path folder = given.run.out / "smoke";
  SamplingOptions options = given;
  options.run.model = folder / "model";
  options.problems = folder / "problems.jsonl";
  std::filesystem::create_directories(folder / "source");
  if (!std::filesystem::exists(options.problems))
    shard::write_file(options.problems, smoke_problems);
  if (!std::filesystem::exists(options.run.model)) {
    shard::write_file(folder / "source/config.json", configuration().dump(1) + "\n");
    shard::write_file(folder / "source/tokenizer.json", byte_tokenizer().dump() + "\n");
    write_random_model({.source = folder / "source", .out = options.run.model});
  }
  if (options.oracle.empty()) options.oracle = options.problems;
  options.run.layers = "all";
  options.variance_layers.clear();
  options.target_layer = -1;
  options.cluster_layer = -1;
  options.temperatures = {0.0, 0.8};
  options.samples = 4;
  options.checkpoints = {8, 16, 24};
  options.stride = 4;
  options.max_new_tokens = 24;
  options.variance_max_new_tokens = 0;
  options.cluster_max_new_tokens = 0;
  options.interval = 8;
  options.lookahead = 8;
  options.window_stride = 2;
  options.top_points = 3;
  options.problems_per_shard = 1;
  return options;
}

}  // namespace phiscope::extract
