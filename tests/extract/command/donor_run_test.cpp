// SPDX-License-Identifier: MIT
#include "command/donor_run.hpp"

#include "catch.hpp"
#include "files/model/describe.hpp"
#include "fixture.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"

#include <algorithm>

using namespace phiscope::test;
using phiscope::extract::describe_model;
using phiscope::extract::DonorRun;
using phiscope::extract::DonorTable;
using phiscope::extract::Hook;
using Positions = std::vector<int>;

namespace {

/// A run of three prompts in two shards. @param more  further flags
std::filesystem::path stored_run(const TempDir& dir, const std::string& name,
                                 const std::string& more) {
  write_text(
      dir.path() / "stored.jsonl",
      "{\"id\": \"a\", \"input_ids\": [1, 10, 11, 12]}\n"
      "{\"id\": \"b\", \"input_ids\": [1, 20, 21]}\n{\"id\": \"c\", \"input_ids\": [1, 5]}\n");
  const Finished done =
      extract("activations --model '" + walk_model() + "' --prompts '" +
                  (dir.path() / "stored.jsonl").string() + "' --out '" +
                  (dir.path() / name).string() + "' --prompts-per-shard 2 " + more,
              dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  return dir.path() / name;
}

std::string refusal(const std::filesystem::path& folder) {
  try {
    const DonorRun run(folder, describe_model(walk_model(), /*quick=*/false));
  } catch (const phiscope::shard::FormatError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("values of a run are those of its files, each read once", "[donor_run]") {
  const TempDir dir;
  const auto folder =
      stored_run(dir, "run", "--capture hook_resid_post,hook_z,hook_embed --layers 0,2");
  DonorRun run(folder, describe_model(walk_model(), /*quick=*/false));
  REQUIRE(run.find("c") != nullptr);
  CHECK(run.find("d") == nullptr);
  CHECK(run.find("b")->tokens == Positions{1, 20, 21});
  CHECK(run.positions(*run.find("b")) == Positions{0, 1, 2});
  CHECK(run.has(Hook::resid_post, 2));
  CHECK_FALSE(run.has(Hook::resid_post, 1));
  CHECK_FALSE(run.has(Hook::mlp_out, 0));
  CHECK(run.has(Hook::embed, 0));
  CHECK_FALSE(run.used());

  CHECK(run.row(Hook::resid_post, 2, *run.find("c"), 1) == 0);
  CHECK(run.row(Hook::resid_post, 2, *run.find("b"), 0) == 1);
  CHECK(run.row(Hook::resid_post, 2, *run.find("c"), 1) == 0);
  CHECK(run.row(Hook::z, 0, *run.find("a"), 3) == 0);
  CHECK(run.row(Hook::embed, 0, *run.find("a"), 2) == 0);
  CHECK_THROWS_AS(run.row(Hook::z, 0, *run.find("a"), 4), std::out_of_range);
  CHECK(run.used());
  // By the files alone: [row, layer, unit], rows of a and b in the first shard.
  const auto file = [&](const char* array, const char* shard) {
    return phiscope::shard::NpyFile(folder / array / shard).read<double>();
  };
  const auto part = [](const std::vector<double>& all, std::size_t from, std::size_t size) {
    return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(from),
                               all.begin() + static_cast<std::ptrdiff_t>(from + size));
  };
  const auto tables = run.tables();
  REQUIRE(tables.size() == 3);
  const auto table = [&](Hook hook) { return *std::ranges::find(tables, hook, &DonorTable::hook); };
  constexpr std::size_t units = 96;
  const DonorTable residual = table(Hook::resid_post);
  CHECK(residual.layers == Positions{2});
  CHECK(residual.shape == std::vector<std::int64_t>{96});
  std::vector<double> wanted = part(file("hook_resid_post", "shard-00001.npy"), 3 * units, units);
  const auto b = part(file("hook_resid_post", "shard-00000.npy"), (4 * 2 + 1) * units, units);
  wanted.insert(wanted.end(), b.begin(), b.end());
  CHECK(residual.values == wanted);
  const DonorTable heads = table(Hook::z);
  CHECK(heads.shape == std::vector<std::int64_t>{2, 48});
  CHECK(heads.values == part(file("hook_z", "shard-00000.npy"), 3 * 2 * units, units));
  const DonorTable embedded = table(Hook::embed);
  CHECK(embedded.shape == std::vector<std::int64_t>{96});
  CHECK(embedded.values == part(file("hook_embed", "shard-00000.npy"), 2 * units, units));
  CHECK(run.digest() == phiscope::shard::sha256_file(folder / "manifest.json"));
}

TEST_CASE("runs whose values belong to no prompt and position are refused", "[donor_run]") {
  const TempDir dir;
  const std::string capture = "--capture hook_resid_post ";
  CHECK(refusal(stored_run(dir, "all", capture)) == "accepted");
  CHECK(refusal(stored_run(dir, "last", capture + "--positions last")) == "accepted");
  CHECK_THAT(refusal(stored_run(dir, "gen", capture + "--positions gen --generate 2")),
             Contains("no rows (prompt, position)"));
  CHECK_THAT(
      refusal(stored_run(dir, "samples", capture + "--samples 2 --generate 2 --temperature 1")),
      Contains("no rows (prompt, position), expected a run with --positions all or last"));
  REQUIRE(extract(small_loo(dir.path() / "loo"), dir.path()).status == 0);
  CHECK_THAT(refusal(dir.path() / "loo"),
             Contains("a run of extract loo, expected one of extract activations"));
  CHECK_THAT(refusal(dir.path()), Contains("is not a run directory"));
  try {
    nlohmann::ordered_json other = describe_model(walk_model(), /*quick=*/false);
    other["digests"]["config.json"] = std::string(64, '0');
    const DonorRun run(dir.path() / "all", other);
    FAIL("accepted");
  } catch (const phiscope::shard::FormatError& error) {
    CHECK_THAT(error.what(), Contains("the model's files have other digests"));
  }
  std::filesystem::remove(dir.path() / "all/commit/shard-00001.json");
  CHECK_THAT(refusal(dir.path() / "all"), Contains("incomplete: 1 of 2 shards are missing"));
}

TEST_CASE("values of some heads are refused where they are asked for", "[donor_run]") {
  const TempDir dir;
  const auto folder =
      stored_run(dir, "some", "--capture hook_resid_post,hook_z --layers 1 --heads 1");
  DonorRun run(folder, describe_model(walk_model(), /*quick=*/false));
  CHECK(run.row(Hook::resid_post, 1, *run.find("a"), 2) == 0);
  CHECK_THROWS_WITH(
      run.row(Hook::z, 1, *run.find("a"), 2),
      folder.string() + ": stores some heads of hook_z alone (--heads 1), expected all heads");
}

TEST_CASE("a plan without its model is refused by file and member", "[donor_run]") {
  const TempDir dir;
  const auto folder = stored_run(dir, "run", "--capture hook_resid_post --layers 1");
  const auto plan = nlohmann::ordered_json::parse(read_text(folder / "plan.json"));
  auto manifest = nlohmann::ordered_json::parse(read_text(folder / "manifest.json"));
  const auto refusal_of = [&](const auto& change) {
    nlohmann::ordered_json changed = plan;
    change(changed);
    manifest["plan"] = changed;  // a run agrees with its manifest
    write_text(folder / "plan.json", changed.dump(1) + "\n");
    write_text(folder / "manifest.json", manifest.dump(1) + "\n");
    return refusal(folder);
  };
  const std::string file = (folder / "plan.json").string();
  CHECK(refusal_of([](auto&) {}) == "accepted");
  CHECK(refusal_of([](auto& whole) { whole.erase("model"); }) == file + ": model is missing");
  CHECK(refusal_of([](auto& whole) { whole["model"] = 5; }) ==
        file + ": model is 5, expected an object");
  CHECK(refusal_of([](auto& whole) { whole["model"].erase("digests"); }) ==
        file + ": model.digests is missing");
}
