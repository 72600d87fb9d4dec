// SPDX-License-Identifier: MIT
#include "ablation/analysis/data.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

using namespace phiscope::analyze::ablation;
using phiscope::test::TempDir;
using phiscope::test::write_text;
using Numbers = std::vector<double>;

namespace {

Ablation read_table(const std::string& text, const ReadOptions& options = {}) {
  const TempDir folder;
  write_text(folder.path() / "t.csv", text);
  return read_ablation(folder.path() / "t.csv", options);
}

const std::string header = "num_heads_removed,mean_kl_div,order_type\n";

}  // namespace

TEST_CASE("a table of means has a curve per order", "[data]") {
  const Ablation found =
      read_table(header + "4,2,syn\n0,0.25,syn\n0,0,random_0\n2,1,random_0\n4,2,random_0\n");
  CHECK(found.name == "t");
  CHECK(found.heads == 4);
  CHECK(found.layers == 0);
  CHECK_FALSE(found.has_prompts);
  CHECK(found.removal.empty());
  CHECK_FALSE(found.primary.has_value());
  REQUIRE(found.orders.size() == 2);
  const Order& syn = found.orders[0];
  CHECK(syn.name == "syn");
  CHECK(syn.kind == Kind::ranking);
  CHECK(syn.curve.removed == Numbers{0, 4});  // ascending, whatever the rows
  CHECK(syn.curve.kl == Numbers{0.25, 2});
  CHECK(syn.curve.prompts == 1);
  CHECK(syn.finished());
  CHECK(syn.measured == 2);
  CHECK(found.orders[1].kind == Kind::random);
  CHECK(found.orders[1].curve.kl == Numbers{0, 1, 2});
}

TEST_CASE("names of columns, kinds and the number of heads can be given", "[data]") {
  const std::string text = "order,kind,removed,kl,more\nnorm,baseline,0,0,x\nnorm,baseline,2,1,y\n";
  const Ablation found = read_table(text, {.heads = 8});
  CHECK(found.heads == 8);
  CHECK(found.orders[0].kind == Kind::baseline);
  CHECK_THROWS_WITH(read_table(text, {.heads = 1}),
                    Contains("line 3, column 'removed'") && Contains("an integer from 0 to 1"));
}

TEST_CASE("a layer-matched order of a table belongs to a ranking", "[data]") {
  const std::string columns = "removed,kl,order,kind\n";
  const Ablation one =
      read_table(columns + "1,1,r,random-in-layer\n1,1,a,ranking\n1,1,n,baseline\n");
  CHECK(one.orders[0].kind == Kind::random_in_layer);
  CHECK(one.orders[0].of == "a");
  CHECK(one.orders[1].of.empty());
  const Ablation two =
      read_table(columns + "1,1,a,ranking\n1,1,b,ranking\n1,1,r:b,random-in-layer\n");
  CHECK(two.orders[2].of == "b");
}

TEST_CASE("only the orders that are asked for are kept", "[data]") {
  const std::string text = header + "1,1,a\n1,1,b\n1,1,c\n";
  const Ablation found = read_table(text, {.orders = {"c", "a"}});
  REQUIRE(found.orders.size() == 2);
  CHECK(found.orders[0].name == "c");
  CHECK(found.orders[1].name == "a");
  CHECK_THROWS_WITH(read_table(text, {.orders = {"d"}}),
                    Contains("t.csv: found the orders a, b, c, expected 'd' among them"));
}

TEST_CASE("a table that is no sweep is refused where it is wrong", "[data]") {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"a,b\n1,2\n", "expected a column 'num_heads_removed'"},
      {"removed,order\n1,a\n", "expected a column 'mean_kl_div'"},
      {"removed,kl\n1,2\n", "expected a column 'order_type'"},
      {header + "1,1,a\n1,2,a\n", "line 3, column 'num_heads_removed': found '1', expected every"},
      {header + "1,1,\n", "line 2, column 'order_type': found ''"},
      {header + "-1,1,a\n", "found '-1', expected an integer"},
      {header + "1,nan,a\n", "line 2, column 'mean_kl_div': found 'nan', expected a finite number"},
      {header, "found no row with a head removed"},
      {header + "0,0,a\n", "found no row with a head removed"},
      {"removed,kl,order,kind\n1,1,a,other\n",
       "line 2, column 'kind': found 'other', expected ranking, baseline, random or "
       "random-in-layer"},
      {"removed,kl,order,kind\n1,1,a,ranking\n1,1,b,ranking\n1,1,r,random-in-layer\n",
       "order 'r' of kind random-in-layer: found 2 rankings, expected one, or its name after a "
       "colon"},
      {"removed,kl,order,kind\n1,1,a,random\n2,1,a,ranking\n",
       "line 3, column 'kind': found 'ranking', expected random as before"},
      {"run,removed,kl,order\nx,1,1,a\ny,1,1,a\n", "line 3, column 'run': found 'y', expected one"},
  };
  for (const Case& bad : cases) {
    CAPTURE(bad.text);
    CHECK_THROWS_AS(read_table(bad.text), phiscope::shard::FormatError);
    CHECK_THROWS_WITH(read_table(bad.text), Contains(bad.message));
  }
}

TEST_CASE("kinds have names", "[data]") {
  for (const Kind kind : {Kind::ranking, Kind::baseline, Kind::random, Kind::random_in_layer}) {
    CHECK(kind_named(kind_name(kind)) == kind);
  }
  CHECK_FALSE(kind_named("Random").has_value());
}
