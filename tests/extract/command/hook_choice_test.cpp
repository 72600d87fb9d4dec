// SPDX-License-Identifier: MIT
#include "command/hook_choice.hpp"

#include "catch.hpp"

using namespace phiscope::test;
using phiscope::extract::Capture;
using phiscope::extract::Hook;
using phiscope::extract::hook_names;
using phiscope::extract::HookChoice;
using phiscope::extract::ModelConfig;
using phiscope::extract::parse_captures;

namespace {

ModelConfig four_layers() {
  ModelConfig config;
  config.layers = 4;
  config.heads = 6;
  config.kv_heads = 2;
  return config;
}

using Chosen = std::vector<std::pair<std::string, std::vector<int>>>;

Chosen chosen(const std::vector<std::string>& names, const std::vector<int>& layers = {0, 1, 2, 3},
              const ModelConfig& config = four_layers()) {
  Chosen made;
  for (const Capture& one : parse_captures({.names = names, .layers = layers}, config)) {
    made.emplace_back(one.array, one.layers);
  }
  return made;
}

std::string refusal(const HookChoice& choice, const ModelConfig& config = four_layers()) {
  try {
    static_cast<void>(parse_captures(choice, config));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

const std::vector<int> all{0, 1, 2, 3};

}  // namespace

TEST_CASE("hooks are chosen by name, by path, and by patterns of either", "[hook_choice]") {
  CHECK(chosen({"hook_z", "logits"}) == Chosen{{"hook_z", all}, {"logits", {}}});
  CHECK(chosen({"attn.hook_q"}, {1, 3}) == Chosen{{"hook_q", {1, 3}}});
  CHECK(chosen({"blocks.{l}.mlp.hook_post"}) == Chosen{{"mlp.hook_post", all}});
  CHECK(chosen({"blocks.2.attn.hook_z", "blocks.0.attn.hook_z"}) == Chosen{{"hook_z", {0, 2}}});
  CHECK(chosen({"hook_resid_*"}) ==
        Chosen{{"hook_resid_pre", all}, {"hook_resid_mid", all}, {"hook_resid_post", all}});
  CHECK(chosen({"blocks.3.mlp.*"}) == Chosen{{"mlp.hook_pre", {3}}, {"mlp.hook_post", {3}}});
  CHECK(chosen({"attn.hook_?"}) ==
        Chosen{{"hook_q", all}, {"hook_k", all}, {"hook_v", all}, {"hook_z", all}});
  CHECK(chosen({"*"}).size() == hook_names.size());
}

TEST_CASE("a pattern takes the hooks that a model has", "[hook_choice]") {
  ModelConfig parallel = four_layers();
  parallel.parallel_residual = true;
  CHECK(chosen({"hook_resid_*"}, all, parallel) ==
        Chosen{{"hook_resid_pre", all}, {"hook_resid_post", all}});
  CHECK_THAT(refusal({.names = {"hook_resid_mid"}, .layers = all}, parallel),
             Contains("'hook_resid_mid', expected hooks of this model: its attention and MLP run"));
  ModelConfig mixture = four_layers();
  mixture.experts.emplace();
  CHECK_THAT(refusal({.names = {"mlp.hook_pre"}, .layers = all}, mixture),
             Contains("a token goes through several experts"));
  CHECK_THAT(refusal({.names = {"mlp.*"}, .layers = all}, mixture), Contains("found 'mlp.*'"));
}

TEST_CASE("what is unknown, outside --layers or listed twice is named", "[hook_choice]") {
  CHECK_THAT(refusal({.names = {"hook_zz"}, .layers = all}), Contains("found 'hook_zz', expected"));
  CHECK_THAT(refusal({.names = {"blocks.3.attn.hook_z"}, .layers = {0, 1}}),
             Contains("found 'blocks.3.attn.hook_z'"));
  CHECK_THAT(refusal({.names = {"hook_z", "attn.hook_z"}, .layers = all}),
             Contains("'attn.hook_z' is listed twice"));
  CHECK_THAT(refusal({.names = {"hook_resid_post"}, .layers = all, .heads = "1"}),
             Contains("--heads: found '1', expected hooks with query heads"));
  CHECK_THAT(refusal({.names = {"hook_z"}, .layers = all, .heads = "6"}),
             Contains("--heads: found '6', expected heads from 0 to 5"));
}

TEST_CASE("heads are kept of hooks with query heads alone", "[hook_choice]") {
  const auto captures = parse_captures(
      {.names = {"hook_pattern", "hook_k", "hook_embed"}, .layers = {1}, .heads = "5,0-1"},
      four_layers());
  REQUIRE(captures.size() == 3);
  CHECK(captures[0].hook == Hook::pattern);
  CHECK(captures[0].heads == std::vector<int>{0, 1, 5});
  CHECK(captures[1].heads.empty());
  CHECK(captures[2].heads.empty());
}
