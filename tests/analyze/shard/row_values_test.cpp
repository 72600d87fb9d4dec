// SPDX-License-Identifier: MIT
#include "shard/row_values.hpp"

#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "shard/run_writer.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

using phiscope::shard::Dtype;
using phiscope::shard::RowValues;
using phiscope::shard::Run;
using Numbers = std::vector<double>;

TEST_CASE("rows of floats are the numbers that were written", "[row_values]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  const Run run = Run::open(dir.path());
  const RowValues x(run, "x", 3);
  CHECK(x.rows() == 5);
  CHECK(x.row_size() == 6);
  CHECK(x.row(0) == Numbers{300, 301, 302, 303, 304, 305});
  CHECK(x.row(4) == Numbers{324, 325, 326, 327, 328, 329});
  CHECK_THROWS_AS(x.row(5), std::out_of_range);
  // 0x3F80 and 0xC020 are the upper halves of the floats 1 and -2.5.
  const RowValues bits(run, "bits", 0);
  CHECK(bits.rows() == 1);
  CHECK(bits.row(0) == Numbers{1.0, -2.5});
  CHECK_THROWS_WITH(RowValues(run, "ids", 0),
                    Catch::Matchers::Contains("is <i4, expected <f2, <f4, <f8, or <u2 with"));
  CHECK_THROWS_AS(RowValues(run, "none", 0), std::invalid_argument);
}

TEST_CASE("halves and doubles are read as such, integers are not bfloat16", "[row_values]") {
  const phiscope::test::TempDir dir;
  phiscope::shard::RunPlan plan = phiscope::test::small_plan();
  plan.shards = 1;
  const auto array = [&](const char* name, Dtype dtype) {
    phiscope::shard::ArrayPlan made = plan.arrays.back();
    made.name = name;
    made.encoding = "";
    made.dtype = dtype;
    return made;
  };
  plan.arrays = {array("half", Dtype::f2), array("double", Dtype::f8), array("plain", Dtype::u2)};
  plan.row_spaces = {{.name = "v", .key = {"prompt"}}};
  phiscope::shard::RunWriter writer(dir.path(), plan, phiscope::test::small_prompts());
  phiscope::shard::ShardWriter shard = writer.begin(0);
  const std::vector<std::uint16_t> halves{0x3C00, 0xC100};
  shard.append("half", std::as_bytes(std::span(halves)));
  shard.append<double>("double", std::vector<double>{0.1, -7.0});
  shard.append<std::uint16_t>("plain", std::vector<std::uint16_t>{1, 2});
  shard.append_keys("v", std::vector<std::int64_t>{0});
  shard.commit();
  writer.finish();
  const Run run = Run::open(dir.path());
  CHECK(RowValues(run, "half", 0).row(0) == Numbers{1.0, -2.5});
  CHECK(RowValues(run, "double", 0).row(0) == Numbers{0.1, -7.0});
  CHECK_THROWS_WITH(RowValues(run, "plain", 0), Catch::Matchers::Contains("is <u2, expected"));
}
