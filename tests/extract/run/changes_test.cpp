// SPDX-License-Identifier: MIT
// Changes of many lanes as few edits, against each made alone.
#include "run/changes.hpp"

#include "torch_catch.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include <random>
#include <stdexcept>

using namespace phiscope::extract;

namespace {

constexpr std::int64_t lanes = 5;
constexpr std::int64_t lane_rows = 7;
constexpr std::int64_t heads = 3;
constexpr std::int64_t units = 2;

/// Distinct numbers [row, head, unit].
at::Tensor numbers(std::int64_t rows, double from) {
  return (at::arange(rows * heads * units, at::kDouble) + from).view({rows, heads, units});
}

/// One change, made row by row.
void make(const Change& change, const at::Tensor& x) {
  for (std::size_t i = 0; i < change.rows.size(); ++i) {
    at::Tensor place = x.select(0, change.rows[i]);
    at::Tensor value;
    if (change.source.defined()) value = change.source.select(0, change.positions[i]);
    if (change.head >= 0) {
      place = place.select(0, change.head);
      if (change.of_all_heads) value = value.select(0, change.head);
    }
    switch (change.kind) {
      case Change::Kind::zero:
        place.zero_();
        break;
      case Change::Kind::set:
        place.copy_(value);
        break;
      case Change::Kind::add:
        place.add_(value * change.scale);
    }
  }
}

class Draw {
 public:
  explicit Draw(unsigned seed) : engine_(seed) {}
  std::int64_t below(std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(engine_);
  }

  /// A change of some rows of a lane.
  Change change(std::int64_t lane, const std::vector<at::Tensor>& sources,
                const std::vector<at::Tensor>& of_one_head) {
    Change one{.hook = Hook::z, .layer = static_cast<int>(below(2)), .rows = {}};
    one.head = static_cast<int>(below(heads + 1)) - 1;
    for (std::int64_t row = 0; row < lane_rows; ++row) {
      if (below(3) == 0) one.rows.push_back(lane * lane_rows + row);
    }
    one.kind = static_cast<Change::Kind>(below(3));
    if (one.kind == Change::Kind::zero) return one;
    one.scale = below(2) == 0 ? 2.0 : -0.5;
    one.of_all_heads = one.head >= 0 && below(2) == 0;
    const bool narrow = one.head >= 0 && !one.of_all_heads;
    const std::vector<at::Tensor>& all = narrow ? of_one_head : sources;
    one.source = all[static_cast<std::size_t>(below(std::ssize(all)))];
    for (std::size_t i = 0; i < one.rows.size(); ++i) {
      one.positions.push_back(below(one.source.size(0)));
    }
    return one;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace

TEST_CASE("changes together are those of each alone, in their order", "[changes]") {
  const std::vector<at::Tensor> sources{numbers(4, 1000), numbers(9, 2000)};
  const std::vector<at::Tensor> of_one_head{numbers(3, 3000).select(1, 1).contiguous(),
                                            numbers(1, 4000).select(1, 2).contiguous()};
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Draw draw(seed);
    ChangeList list;
    at::Tensor wanted[] = {numbers(lanes * lane_rows, 1), numbers(lanes * lane_rows, 1)};
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      for (std::int64_t i = draw.below(6); i > 0; --i) {
        const Change one = draw.change(lane, sources, of_one_head);
        make(one, wanted[one.layer]);
        list.add(static_cast<std::size_t>(lane), one);
      }
    }
    const std::vector<Edit> edits = list.edits(heads, at::kCPU);
    const EditTable table(edits);
    const at::Tensor x = numbers(lanes * lane_rows, 1);
    for (int layer = 0; layer < 2; ++layer) {
      CHECK(edited(table, Hook::z, layer, x).equal(wanted[layer]));
    }
    CHECK(x.equal(numbers(lanes * lane_rows, 1)));
  }
}

TEST_CASE("what does not touch the same values is one edit", "[changes]") {
  const at::Tensor source = numbers(4, 1);
  const auto patch = [&](int layer, int head, std::vector<std::int64_t> rows) {
    return Change{.hook = Hook::z,
                  .layer = layer,
                  .head = head,
                  .rows = std::move(rows),
                  .kind = Change::Kind::set,
                  .source = source,
                  .of_all_heads = head >= 0,
                  .positions = {1, 0}};
  };
  ChangeList list;
  CHECK(list.edits(heads, at::kCPU).empty());
  for (const std::size_t lane : {0U, 1U}) {
    for (const int head : {0, 1, 2}) {
      const auto first = static_cast<std::int64_t>(lane) * lane_rows;
      list.add(lane, patch(0, head, {first, first + 1}));
      list.add(lane, patch(1, head, {first, first + 1}));
    }
  }
  CHECK(list.edits(heads, at::kCPU).size() == 2);
  list.add(0, patch(0, 1, {2, 3}));
  CHECK(list.edits(heads, at::kCPU).size() == 2);
  list.add(0, patch(0, 1, {1, 2}));  // changed before
  CHECK(list.edits(heads, at::kCPU).size() == 3);
  list.add(0, patch(0, 1, {}));
  CHECK(list.edits(heads, at::kCPU).size() == 3);
}

TEST_CASE("a head that is not there is refused", "[changes]") {
  Change zero{.hook = Hook::z, .layer = 0, .head = 3, .rows = {0}};
  ChangeList list;
  list.add(0, zero);
  CHECK_THROWS_AS(list.edits(3, at::kCPU), std::invalid_argument);
  CHECK(list.edits(4, at::kCPU).size() == 1);
  zero.kind = Change::Kind::set;
  zero.source = numbers(1, 0);
  zero.of_all_heads = true;
  zero.positions = {0};
  ChangeList of_source;
  of_source.add(0, zero);
  CHECK_THROWS_AS(of_source.edits(4, at::kCPU), std::invalid_argument);
}
