// SPDX-License-Identifier: MIT
#include "loo/analysis/run.hpp"

#include "analyze/loo/synthetic_run.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

using phiscope::analyze::loo::LooRun;
using phiscope::analyze::loo::Sink;
using phiscope::analyze::loo::Walk;
using phiscope::test::SyntheticRun;
using phiscope::test::write_synthetic_run;

namespace {

/// Replaces the first occurrence in a file.
void edit(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  std::string text = phiscope::test::read_text(file);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  phiscope::test::write_text(file, text);
}

SyntheticRun small() {
  SyntheticRun options;
  options.lengths = {6};
  options.trials = 2;
  return options;
}

}  // namespace

TEST_CASE("the words present follow from the walk, the removed position and the sink", "[run]") {
  Walk walk;
  walk.nodes = {5, 2, 5, 9};
  using Words = std::vector<std::int64_t>;
  CHECK(present_words(walk, -1, Sink::keep) == Words{2, 5, 9});
  CHECK(present_words(walk, 3, Sink::keep) == Words{2, 5});
  CHECK(present_words(walk, 0, Sink::keep) == Words{2, 5, 9});
  CHECK(present_words(walk, -1, Sink::drop) == Words{2, 5, 9});
  CHECK(present_words(walk, 2, Sink::drop) == Words{2, 9});
  CHECK(present_words(walk, 0, Sink::drop) == Words{5, 9});  // 2 is now at position 0
  CHECK(present_words(walk, 0, Sink::prefix) == Words{2, 5, 9});
}

TEST_CASE("a run is read back as it was written", "[run]") {
  const phiscope::test::TempDir folder;
  SyntheticRun options = small();
  options.sink = GENERATE("keep", "drop", "prefix");
  write_synthetic_run(folder.path() / "run", options);
  const LooRun run = LooRun::open(folder.path() / "run" / "");
  CHECK(run.info().name == "run");
  CHECK(run.info().sink_name == options.sink);
  CHECK(run.info().layers == options.layers);
  CHECK(run.info().units == options.units);
  REQUIRE(run.contexts().size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(run.contexts()[i].walk == i);
    const Walk& walk = run.info().walks[i];
    const auto context = phiscope::test::detail::synthetic_context(
        static_cast<std::int64_t>(walk.condition), walk.n, walk.trial);
    const auto rows = run.rows(run.contexts()[i]);
    REQUIRE(rows.runs.size() == 7);
    for (const auto& part : rows.runs) {
      const auto expected = phiscope::test::detail::representations(options, context, part.removed);
      REQUIRE(part.words.size() == expected.size());
      std::size_t at = 0;
      for (const auto& [word, values] : expected) {
        CHECK(part.words[at / values.size()] == word);
        CHECK(std::equal(values.begin(), values.end(),
                         part.values.begin() + static_cast<std::ptrdiff_t>(at)));
        at += values.size();
      }
      CHECK(part.values.size() == at);
    }
  }
}

TEST_CASE("a run that is not complete needs leave to be read", "[run]") {
  const phiscope::test::TempDir folder;
  SyntheticRun options = small();
  options.contexts_per_shard = 1;
  write_synthetic_run(folder.path() / "run", options, 3);
  CHECK_THROWS_AS(LooRun::open(folder.path() / "run"), phiscope::shard::FormatError);
  const LooRun run = LooRun::open(folder.path() / "run", {.allow_partial = true});
  CHECK(run.contexts().size() == 3);
  CHECK_FALSE(run.complete());
}

TEST_CASE("a run that contradicts itself is refused with file and member", "[run]") {
  const phiscope::test::TempDir folder;
  const auto run = folder.path() / "run";
  write_synthetic_run(run, small());
  const auto plan = run / "plan.json";
  const auto prompts = run / "prompts.jsonl";
  std::filesystem::remove(run / "manifest.json");  // it repeats the plan
  const auto open = [&] { return LooRun::open(run, {.allow_partial = true}); };
  CHECK_NOTHROW(open());
  SECTION("another experiment") {
    edit(plan, "\"loo\"", "\"phiid\"");
    CHECK_THROWS_WITH(open(), Contains("plan.json: experiment 'phiid'"));
  }
  SECTION("a sink that does not exist") {
    edit(plan, "\"sink\": \"keep\"", "\"sink\": \"sometimes\"");
    CHECK_THROWS_WITH(open(), Contains("plan.options.sink: found 'sometimes'"));
  }
  SECTION("another sink than the rows have") {
    edit(plan, "\"sink\": \"keep\"", "\"sink\": \"drop\"");
    CHECK_THROWS_WITH(open(), Contains("rows/word/shard-") && Contains("with sink drop"));
  }
  SECTION("a word id out of range") {
    edit(prompts, "\"nodes\":[", "\"nodes\":[12,");
    CHECK_THROWS_WITH(open(), Contains("prompts.jsonl: line 1.meta.nodes[0]: found 12, expected an "
                                       "integer from 0 to 11"));
  }
  SECTION("a bridge that is no number") {
    edit(prompts, "\"bridge\":[", "\"bridge\":[\"x\",");
    CHECK_THROWS_WITH(open(), Contains("line 1.meta.bridge[0]: found \"x\""));
  }
  SECTION("positions out of order") {
    edit(prompts, "\"removed\":[0,1", "\"removed\":[1,0");
    CHECK_THROWS_WITH(open(), Contains("line 1.meta.removed: the numbers are not ascending"));
  }
  SECTION("a tested position that has no rows") {
    edit(prompts, "\"removed\":[0,1,", "\"removed\":[0,");
    CHECK_THROWS_WITH(open(), Contains("removed positions and words are not those of line 1"));
  }
  SECTION("a graph that is not symmetric") {
    edit(prompts, "\"adjacency\":[[0,1", "\"adjacency\":[[0,0");
    CHECK_THROWS_WITH(open(), Contains("line 1.meta.adjacency: is not symmetric"));
  }
  SECTION("a context twice") {
    edit(prompts, "\"trial\":1", "\"trial\":0");
    CHECK_THROWS_WITH(open(), Contains("line 2: its condition, n and trial occur twice"));
  }
  SECTION("no meta at all") {
    edit(prompts, "\"meta\"", "\"beta\"");
    CHECK_THROWS_WITH(open(), Contains("line 1: member 'meta' is missing"));
  }
}
