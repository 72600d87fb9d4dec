// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "fixture.hpp"
#include "shard/run_reader.hpp"

using namespace phiscope::test;
using phiscope::shard::Run;

TEST_CASE("every hook is stored with its axes, layers and one row for each token",
          "[activations]") {
  const TempDir dir;
  write_text(dir.path() / "prompts.jsonl",
             "{\"id\": \"a\", \"text\": \"cat dog bird\", \"meta\": {\"x\": 1}}\n"
             "{\"id\": \"b\", \"input_ids\": [4, 5, 6, 7, 8]}\n"
             "{\"id\": \"c\", \"text\": \"desk\"}\n");
  const Finished done = extract(
      "activations --capture "
      "hook_embed,hook_resid_pre,hook_resid_mid,hook_resid_post,hook_attn_out,"
      "hook_mlp_out,hook_z,head_norm,ln_final.hook_out,logits --layers 0-1 --prompts-per-shard 2 "
      "--model '" +
          walk_model() + "' --prompts '" + (dir.path() / "prompts.jsonl").string() + "' --out '" +
          (dir.path() / "run").string() + "'",
      dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const Run run = Run::open(dir.path() / "run");
  REQUIRE(run.shards().size() == 2);
  CHECK(run.prompts()[0].at("meta").at("x") == 1);
  const auto ids = run.prompts()[0].at("input_ids").get<std::vector<int>>();
  REQUIRE(ids.size() == 4);  // BOS once, three words
  CHECK(ids[0] == 1);
  using Shape = std::vector<std::uint64_t>;
  CHECK(run.array("hook_resid_post", 0).shape() == Shape{9, 2, 96});
  CHECK(run.array("hook_z", 0).shape() == Shape{9, 2, 2, 48});
  CHECK(run.array("head_norm", 0).shape() == Shape{9, 2, 2});
  CHECK(run.array("hook_embed", 1).shape() == Shape{2, 96});
  CHECK(run.array("logits", 1).shape() == Shape{2, 52});
  const auto keys = run.keys("token", 0).read<std::int64_t>();
  CHECK(keys[2 * 3] == 0);
  CHECK(keys[2 * 4] == 1);
  CHECK(keys[2 * 8 + 1] == 4);

  const auto z = run.array("hook_z", 0).read<double>();
  const auto norms = run.array("head_norm", 0).read<double>();
  for (std::size_t i = 0; i < norms.size(); ++i) {
    double square = 0.0;
    for (std::size_t unit = 0; unit < 48; ++unit) square += z[48 * i + unit] * z[48 * i + unit];
    REQUIRE(norms[i] == Approx(std::sqrt(square)).epsilon(1e-5));
  }
}

TEST_CASE("prompts that do not fit are refused", "[activations]") {
  const TempDir dir;
  const std::filesystem::path out = dir.path() / "run";
  const auto refused = [&](const std::string& prompt, const std::string& capture,
                           const std::string& reason) {
    write_text(dir.path() / "prompts.jsonl", prompt);
    const Finished done =
        extract("activations --capture " + capture + " --model '" + walk_model() + "' --prompts '" +
                    (dir.path() / "prompts.jsonl").string() + "' --out '" + out.string() + "'",
                dir.path());
    CAPTURE(done.err);
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(out));
  };
  refused("{\"input_ids\": [4, 52]}\n", "logits", "token id 52");
  refused("{\"input_ids\": [4]}\n", "hook_nowhere", "hook_nowhere");
  refused("{\"input_ids\": [4]}\n", "logits,logits", "twice");
  std::string many = "4";
  for (int i = 0; i < 256; ++i) many += ",4";
  refused("{\"input_ids\": [" + many + "]}\n", "logits", "257 tokens");
}
