// SPDX-License-Identifier: MIT
#include "report/provenance.hpp"

#include "catch.hpp"

using namespace phiscope;
using namespace phiscope::report;
using Json = nlohmann::ordered_json;

TEST_CASE("a plan becomes rows and facts", "[provenance]") {
  const Json plan = Json::parse(
      R"({"version":"1","revision":"abc","orders":[1],"options":{"seed":3,"list":["a",2]},)"
      R"("model":{"name":"m","layers":2,"digests":{"model.safetensors":"0123456789abcdef"}}})");
  Table table{.columns = {"run", "what", "value"}, .rows = {}};
  add_plan_rows(plan, "r", "orders", table);
  CHECK(table.rows.size() == 7);
  CHECK(table.rows[2] ==
        std::vector<Cell>{std::string("r"), std::string("options.seed"), std::string("3")});
  CHECK(version_text(plan) == "version 1, revision abc");
  CHECK(members_text(plan_member(plan, "options")) == "seed 3; list a, 2");
  CHECK(model_text(plan_member(plan, "model")) == "m, 2 layers, model.safetensors 0123456789ab");
  CHECK(plan_member(plan, "none").is_null());
  std::vector<Fact> facts;
  add_fact("Same", {"x", "x"}, {"a", "b"}, facts);
  add_fact("Empty", {"", ""}, {"a", "b"}, facts);
  add_fact("Different", {"x", "y"}, {"a", "b"}, facts);
  CHECK(facts ==
        std::vector<Fact>{{"Same", "x"}, {"Different of a", "x"}, {"Different of b", "y"}});
}
