// SPDX-License-Identifier: MIT
#include "ahead/pass_lengths.hpp"

#include "catch.hpp"

using namespace phiscope::extract;

namespace {

ModelConfig config_of_type(RopeType type, const std::string& family = "llama") {
  ModelConfig config;
  config.family = family;
  config.rotary_dim = 4;
  config.rope = {.type = type, .original_max_positions = 10};
  return config;
}

Run run_of(int tokens, std::size_t from = no_run) {
  return {.tokens = std::vector<int>(static_cast<std::size_t>(tokens), 1),
          .rows = {},
          .key = {3},
          .from = from};
}

Plan plan_of(std::vector<Run> runs, int generated = 0) {
  Plan plan;
  plan.generation.tokens = generated;
  plan.groups = {{.runs = std::move(runs)}};
  return plan;
}

void check_accepted(RopeType type, const Plan& plan) {
  CHECK_NOTHROW(check_pass_lengths(config_of_type(type), plan));
}

void check_refused(RopeType type, const Plan& plan, const std::string& message) {
  CHECK_THROWS_WITH(check_pass_lengths(config_of_type(type), plan), Contains(message));
}

}  // namespace

TEST_CASE("runs that share a beginning need the same frequencies", "[pass_lengths]") {
  check_accepted(RopeType::plain, plan_of({run_of(12), run_of(9, 0)}));
  check_accepted(RopeType::yarn, plan_of({run_of(12), run_of(9, 0)}));
  check_accepted(RopeType::longrope, plan_of({run_of(10), run_of(9, 0)}));
  check_accepted(RopeType::longrope, plan_of({run_of(12), run_of(11, 0)}));
  check_accepted(RopeType::longrope, plan_of({run_of(12), run_of(9)}));
  check_refused(RopeType::longrope, plan_of({run_of(11), run_of(10, 0)}),
                "prompt 3: 10 tokens, and 11 in the text whose beginning it shares, expected both "
                "within the 10 tokens of the trained context or both beyond: their frequencies of "
                "type longrope differ");
  check_accepted(RopeType::dynamic, plan_of({run_of(12), run_of(12, 0)}));
  check_accepted(RopeType::dynamic, plan_of({run_of(10), run_of(9, 0)}));
  check_refused(RopeType::dynamic, plan_of({run_of(12), run_of(11, 0)}), "both within the 10");
  check_refused(RopeType::dynamic, plan_of({run_of(9), run_of(11, 0)}), "type dynamic differ");
}

TEST_CASE("latents and quoted tokens stay within the trained context", "[pass_lengths]") {
  Run thinks = run_of(6);
  thinks.latents.count = 4;
  check_accepted(RopeType::longrope, plan_of({thinks}));
  check_refused(RopeType::longrope, plan_of({thinks}, 1), "11 positions with latents");
  Run quotes = run_of(9, 0);
  quotes.quote = {.run = 0, .tokens = 2};
  check_refused(RopeType::dynamic, plan_of({run_of(9), quotes}), "quoted tokens");
  quotes.quote.tokens = 1;
  check_accepted(RopeType::dynamic, plan_of({run_of(9), quotes}));
}

TEST_CASE("Phi-3 does not generate past the trained context of longrope", "[pass_lengths]") {
  const ModelConfig phi3 = config_of_type(RopeType::longrope, "phi3");
  CHECK_NOTHROW(check_pass_lengths(phi3, plan_of({run_of(8)}, 2)));
  CHECK_NOTHROW(check_pass_lengths(phi3, plan_of({run_of(11)}, 20)));
  CHECK_THROWS_WITH(check_pass_lengths(phi3, plan_of({run_of(8)}, 3)),
                    Contains("prompt 3: 8 tokens and 3 to generate pass the 10 tokens") &&
                        Contains("expected at most 2 to generate"));
  Run limited = run_of(8);
  limited.limit = 2;
  CHECK_NOTHROW(check_pass_lengths(phi3, plan_of({limited}, 20)));
  CHECK_NOTHROW(
      check_pass_lengths(config_of_type(RopeType::plain, "phi3"), plan_of({run_of(8)}, 20)));
  check_accepted(RopeType::longrope, plan_of({run_of(8)}, 3));
}

TEST_CASE("the embedding of layers with a window is looked at too", "[pass_lengths]") {
  ModelConfig config = config_of_type(RopeType::plain);
  config.local_rope = {.type = RopeType::dynamic, .original_max_positions = 10};
  CHECK_THROWS_WITH(check_pass_lengths(config, plan_of({run_of(12), run_of(11, 0)})),
                    Contains("prompt 3"));
}
