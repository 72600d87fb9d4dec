// SPDX-License-Identifier: MIT
#include "shard/plan.hpp"

#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

#include <cmath>
#include <fstream>
#include <random>

using phiscope::shard::Dtype;
using phiscope::shard::FormatError;
using phiscope::shard::plan_bytes;
using phiscope::shard::read_plan;
using phiscope::shard::RunPlan;
using phiscope::test::small_plan;
using Json = nlohmann::ordered_json;

namespace {

void put_plan(const phiscope::test::TempDir& dir, const std::string& text) {
  // Without this, file systems flush the replaced file to the disk: milliseconds each.
  std::filesystem::remove(dir.path() / "plan.json");
  std::ofstream(dir.path() / "plan.json", std::ios::trunc) << text;
}

std::string plan_message(const phiscope::test::TempDir& dir, const std::string& text) {
  put_plan(dir, text);
  try {
    static_cast<void>(read_plan(dir.path()));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

/// The small plan's JSON with one member changed.
std::string plan_with(const std::string& pointer, const Json& value) {
  Json json = Json::parse(plan_bytes(small_plan()));
  json[Json::json_pointer(pointer)] = value;
  return json.dump();
}

std::string without(const std::string& pointer, const std::string& name) {
  Json json = Json::parse(plan_bytes(small_plan()));
  json[Json::json_pointer(pointer)].erase(name);
  return json.dump();
}

}  // namespace

TEST_CASE("a plan comes back from its file, byte for byte", "[plan]") {
  const phiscope::test::TempDir dir;
  const std::string text = plan_bytes(small_plan());
  put_plan(dir, text);
  const RunPlan plan = read_plan(dir.path());
  CHECK(plan_bytes(plan) == text);
  CHECK(text.ends_with("}\n"));
  CHECK(plan.experiment == "small");
  CHECK(plan.shards == 5);
  CHECK(plan.arrays[0].layers == std::vector<std::int64_t>{-1, 0});
  CHECK(plan.arrays[2].encoding == "bf16");
  CHECK(plan.arrays[2].dtype == Dtype::u2);
  CHECK(plan.row_spaces[0].key == std::vector<std::string>{"prompt", "position"});
  CHECK(plan.details.at("options").at("seed") == 1);
  CHECK(plan.details.dump() == small_plan().details.dump());
}

TEST_CASE("files beside the shards are in the plan with their hash", "[plan]") {
  const phiscope::test::TempDir dir;
  const std::string hash(64, 'a');
  RunPlan plan = small_plan();
  plan.files = {{"texts.jsonl", hash}, {"norm.npy", std::string(64, '0')}};
  const std::string text = plan_bytes(plan);
  put_plan(dir, text);
  CHECK(read_plan(dir.path()).files == plan.files);
  CHECK(plan_bytes(read_plan(dir.path())) == text);
  CHECK_FALSE(Json::parse(plan_bytes(small_plan())).contains("files"));
  const auto refused = [&dir](const Json& files) {
    return plan_message(dir, plan_with("/files", files));
  };
  for (const char* name : {"x", "rows", "commit", "plan.json", "manifest.json", "a.log"}) {
    CHECK_THAT(refused({{name, hash}}), Contains("the name is taken"));
  }
  CHECK_THAT(refused({{"../x", hash}}), Contains("file '../x': not a plain file name"));
  CHECK_THAT(refused({{"a", hash.substr(1)}}), Contains("expected a SHA-256 in hexadecimal"));
  CHECK_THAT(refused({{"a", std::string(64, 'A')}}), Contains("expected a SHA-256"));
  CHECK_THAT(refused({{"a", 1}}), Contains("files.a is 1, expected a string"));
  CHECK_THAT(refused({1}), Contains("files is [1], expected an object"));
}

TEST_CASE("a plan that contradicts itself is the programmer's error", "[plan]") {
  const auto problem = [](const auto& change) {
    RunPlan plan = small_plan();
    change(plan);
    try {
      static_cast<void>(plan_bytes(plan));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(problem([](RunPlan&) {}) == "accepted");
  CHECK_THAT(problem([](RunPlan& p) { p.experiment = ""; }), Contains("experiment"));
  CHECK_THAT(problem([](RunPlan& p) { p.shards = 0; }), Contains("0 shards"));
  CHECK_THAT(problem([](RunPlan& p) { p.shards = 1000001; }), Contains("1000001 shards"));
  for (const char* name :
       {"", "..", ".x", "-x", "a/b", "a b", "rows", "commit", "plan.json", "x.log"}) {
    CAPTURE(name);
    CHECK_THAT(problem([&](RunPlan& p) { p.arrays[0].name = name; }), Contains("name"));
  }
  CHECK_THAT(problem([](RunPlan& p) { p.arrays[1].name = "x"; }), Contains("two arrays 'x'"));
  CHECK_THAT(problem([](RunPlan& p) { p.row_spaces.push_back(p.row_spaces[0]); }),
             Contains("two row spaces"));
  CHECK_THAT(problem([](RunPlan& p) { p.row_spaces[1].name = "../w"; }),
             Contains("plain file name"));
  CHECK_THAT(problem([](RunPlan& p) { p.row_spaces[0].key = {}; }), Contains("key is empty"));
  CHECK_THAT(problem([](RunPlan& p) { p.row_spaces[0].key = {"a", "a"}; }), Contains("twice"));
  CHECK_THAT(problem([](RunPlan& p) { p.arrays[0].row_space = "u"; }), Contains("'u' is unknown"));
  CHECK_THAT(problem([](RunPlan& p) { p.arrays[0].encoding = "bf16"; }), Contains("encoding"));
  CHECK_THAT(problem([](RunPlan& p) { p.arrays[0].row_shape = {2}; }), Contains("3 axes"));
  CHECK_THAT(problem([](RunPlan& p) { p.arrays[0].row_shape = {2, 0}; }), Contains("row_shape"));
  CHECK_THAT(problem([](RunPlan& p) {
               p.arrays[0].row_shape = {2, 1ULL << 60U};
             }),
             Contains("row_shape"));
  CHECK_THAT(problem([](RunPlan& p) { p.arrays[0].layers = {0}; }),
             Contains("axis layer of length 2"));
  CHECK_THAT(problem([](RunPlan& p) {
               p.arrays[0].layers = {3, 3};
             }),
             Contains("array 'x': layer 3 is listed twice, expected different layers from -1"));
  CHECK_THAT(problem([](RunPlan& p) {
               p.arrays[0].layers = {-2, 0};
             }),
             Contains("layer -2, expected"));
  CHECK_THAT(problem([](RunPlan& p) {
               p.arrays[0].layers = {0, 1000001};
             }),
             Contains("layer 1000001, expected"));
  CHECK_THAT(problem([](RunPlan& p) { p.details = Json::array(); }), Contains("not an object"));
  CHECK_THAT(problem([](RunPlan& p) { p.details["arrays"] = 1; }), Contains("member 'arrays'"));
  CHECK_THAT(problem([](RunPlan& p) {
               p.details["a"]["b"] = {1.0, NAN};
             }),
             Contains("details.a.b.1 is not"));
  CHECK_THAT(problem([](RunPlan& p) { p.details["a"] = "\xff"; }), Contains("UTF-8"));
}

TEST_CASE("a plan.json of wrong members is refused by name", "[plan]") {
  const phiscope::test::TempDir dir;
  CHECK(plan_message(dir, plan_with("/options/seed", 7)) == "accepted");
  CHECK_THAT(plan_message(dir, plan_with("/schema", "phiscope-run/2")),
             Contains("schema is \"phiscope-run/2\", expected \"phiscope-run/1\""));
  CHECK_THAT(plan_message(dir, without("", "schema")), Contains("schema is missing"));
  CHECK_THAT(plan_message(dir, plan_with("/shards", -1)), Contains("shards is -1, expected"));
  CHECK_THAT(plan_message(dir, plan_with("/shards", 1.5)), Contains("shards is 1.5"));
  CHECK_THAT(plan_message(dir, plan_with("/shards", 1000000000000)), Contains("at most 1000000"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays", Json::object())),
             Contains("expected a list of objects"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/1", "x")),
             Contains("arrays[1] is \"x\", expected an object"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/0/dtype", ">f4")),
             Contains("arrays[0].dtype is \">f4\""));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/0/dtype", "")), Contains("arrays[0].dtype"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/0/axes/0", 1)), Contains("arrays[0].axes"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/0/layers/0", 1ULL << 63U)),
             Contains("arrays[0].layers"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/0/row_shape/0", -2)),
             Contains("arrays[0].row_shape"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/0/name", "../../x")),
             Contains("not a plain file name"));
  CHECK_THAT(plan_message(dir, plan_with("/arrays/0/extra", 1)),
             Contains("unknown member 'arrays[0].extra'"));
  CHECK_THAT(plan_message(dir, without("/arrays/0", "hook")),
             Contains("arrays[0].hook is missing"));
  CHECK_THAT(plan_message(dir, plan_with("/row_spaces/0/key", "w")), Contains("row_spaces[0].key"));
  CHECK_THAT(plan_message(dir, "[]"), Contains("content is [], expected an object"));
  CHECK_THAT(plan_message(dir, "{\"schema\": 1, \"schema\": 1}"), Contains("duplicate key"));
  std::filesystem::remove(dir.path() / "plan.json");
  CHECK_THROWS_WITH(read_plan(dir.path()), Contains("plan.json: cannot open"));
}

TEST_CASE("a changed or cut plan.json is refused or read, and never does harm", "[plan]") {
  const phiscope::test::TempDir dir;
  const std::string text = plan_bytes(small_plan());
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CHECK_THAT(plan_message(dir, text.substr(0, size)), Contains("plan.json: line"));
  }
  std::mt19937_64 engine(5);
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string changed = text;
    changed[engine() % text.size()] = static_cast<char>(engine() & 0x7FU);
    accepted += plan_message(dir, changed) == "accepted" ? 1 : 0;
  }
  CHECK(accepted > 100);
}

TEST_CASE("differences name each member with both values", "[plan]") {
  using phiscope::shard::differences;
  const Json there = {{"options", {{"seed", 1}, {"old", true}}}, {"list", {1, 2}}, {"same", 1}};
  const Json now = {{"options", {{"seed", 2}, {"new", "x"}}}, {"list", {1, 3}}, {"same", 1}};
  CHECK(differences(there, there).empty());
  CHECK(differences(there, now) ==
        "options.seed: 1 there, 2 now; options.old: true there, absent now; "
        "options.new: absent there, \"x\" now; list[1]: 2 there, 3 now");
  CHECK(differences(there, now, 1) == "options.seed: 1 there, 2 now; and 3 more");
  CHECK(differences({{"a", {1}}}, {{"a", {1, 2}}}) == "a: [1] there, [1,2] now");
  const Json text = {{"a", std::string(1000, 'x')}};
  CHECK(differences(text, now).size() < 500);
}

TEST_CASE("names of shards have five digits, or more when they need them", "[plan]") {
  CHECK(phiscope::shard::array_file("x", 7) == "x/shard-00007.npy");
  CHECK(phiscope::shard::keys_file("w", 123456) == "rows/w/shard-123456.npy");
  CHECK(phiscope::shard::commit_file(0) == "commit/shard-00000.json");
}
