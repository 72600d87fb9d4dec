// SPDX-License-Identifier: MIT
#include "expected_tokens.hpp"
#include "reference.hpp"

using nlohmann::json;
using phiscope::extract::Tokenizer;

TEST_CASE("published vocabularies of every family give the reference ids and texts",
          "[token_ids][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::string family =
      GENERATE(as<std::string>(), "gpt2", "llama2", "llama3", "mistral_v3", "pythia", "qwen2.5",
               "qwen3", "small_gemma", "small_gpt2", "small_llama2", "small_llama3", "small_neox",
               "small_qwen2", "tok512");
  CAPTURE(family);
  const std::filesystem::path directory =
      family == "tok512"             ? *reference / "real_models" / "stories260K_hf"
      : family.starts_with("small_") ? *reference / "tokenizers" / "small" / family.substr(6)
                                     : *reference / "tokenizers" / family;
  const Tokenizer tokenizer = Tokenizer::open(directory);
  const auto corpus = phiscope::test::read_lines(*reference / "token_ids" / "corpus.jsonl");
  const auto lines = phiscope::test::read_lines(*reference / "token_ids" / (family + ".jsonl"));
  REQUIRE(lines.size() == corpus.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    REQUIRE(lines[i].at("n") == corpus[i].at("n"));
    phiscope::test::check_tokens(tokenizer, corpus[i].at("text"), lines[i]);
    const auto ids = lines[i].at("ids").get<std::vector<int>>();
    CHECK(tokenizer.decode(ids) == lines[i].at("decoded").get<std::string>());
    CHECK(tokenizer.decode(ids, true) == lines[i].at("decoded_skip").get<std::string>());
  }
}
