// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "device_array.hpp"
#include "kernel/step_attention.hpp"
#include "kernel/step_attentions.hpp"
#include "kernel_case.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

using namespace phiscope::extract::kernel;
using namespace phiscope::test;

namespace {

struct Sizes {
  std::size_t heads, kv_heads, unit;
  std::vector<std::size_t> tokens{};  // [lane]
  std::size_t window = 0;
  double softcap = 0.0;
};

/// Lanes with caches of their own, the room after their tokens not-a-number. Lane l has the same
/// numbers in any case of these sizes.
template <class T>
struct Case {
  Sizes sizes;
  std::vector<std::vector<T>> keys, values;  // [lane] with the new token's
  std::vector<T> query, key, value;

  explicit Case(const Sizes& s) : sizes(s) {
    const std::size_t token = s.kv_heads * s.unit;
    for (std::size_t l = 0; l < s.tokens.size(); ++l) {
      const auto seed = static_cast<unsigned>(10 * (s.tokens[l] + 1));
      const auto append = [](std::vector<T>& to, const std::vector<T>& more) {
        to.insert(to.end(), more.begin(), more.end());
      };
      append(query, normal_numbers<T>(s.heads * s.unit, seed, 2.0F));
      keys.push_back(normal_numbers<T>(s.tokens[l] * token, seed + 1, 2.0F));
      values.push_back(normal_numbers<T>(s.tokens[l] * token, seed + 2));
      append(key, {keys[l].end() - static_cast<std::ptrdiff_t>(token), keys[l].end()});
      append(value, {values[l].end() - static_cast<std::ptrdiff_t>(token), values[l].end()});
    }
  }
  [[nodiscard]] Wide<T> scale() const {
    return static_cast<Wide<T>>(1.0 / std::sqrt(static_cast<double>(sizes.unit)));
  }

  /// z of the twin, lane by lane.
  [[nodiscard]] std::vector<T> expected() const {
    const std::size_t row = sizes.heads * sizes.unit;
    std::vector<T> z(sizes.tokens.size() * row);
    for (std::size_t l = 0; l < sizes.tokens.size(); ++l) {
      const StepAttention<T> one{.heads = sizes.heads,
                                 .kv_heads = sizes.kv_heads,
                                 .unit = sizes.unit,
                                 .query = query.data() + l * row,
                                 .keys = keys[l].data(),
                                 .values = values[l].data(),
                                 .token_stride = sizes.kv_heads * sizes.unit,
                                 .head_stride = sizes.unit,
                                 .tokens = sizes.tokens[l],
                                 .window = sizes.window,
                                 .scale = scale(),
                                 .softcap = static_cast<Wide<T>>(sizes.softcap),
                                 .z = z.data() + l * row};
      std::vector<Wide<T>> scratch(step_attention_scratch(one));
      step_attention<T>(one, 0, sizes.heads, scratch);
    }
    return z;
  }

  /// z of the kernel; checks that it has written the new token, and nothing else of the caches.
  /// @param shift  elements by which caches miss an address that is a multiple of 16
  /// @param gap    elements between the lanes' queries, keys and values
  [[nodiscard]] std::vector<T> found(std::size_t shift = 0, std::size_t gap = 0) const {
    const std::size_t token = sizes.kv_heads * sizes.unit;
    const T nothing = narrow<T>(std::numeric_limits<float>::quiet_NaN());
    std::vector<std::unique_ptr<DeviceArray<T>>> rooms;
    std::vector<T*> places;
    for (const auto* all : {&keys, &values}) {
      for (const std::vector<T>& one : *all) {
        std::vector<T> room(shift, nothing);
        room.insert(room.end(), one.begin(), one.end() - static_cast<std::ptrdiff_t>(token));
        room.insert(room.end(), 17 * token, nothing);
        rooms.push_back(std::make_unique<DeviceArray<T>>(room));
        places.push_back(rooms.back()->data() + shift);
      }
    }
    const std::size_t lanes = sizes.tokens.size();
    const DeviceArray<T*> table(places);
    const DeviceArray<std::int64_t> tokens(
        std::vector<std::int64_t>(sizes.tokens.begin(), sizes.tokens.end()));
    const auto with_gaps = [&](const std::vector<T>& rows) {
      std::vector<T> spread;
      const std::size_t width = rows.size() / lanes;
      for (std::size_t l = 0; l < lanes; ++l) {
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(l * width);
        spread.insert(spread.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
        spread.insert(spread.end(), gap, nothing);
      }
      return spread;
    };
    const DeviceArray<T> queries(with_gaps(query));
    const DeviceArray<T> new_keys(with_gaps(key));
    const DeviceArray<T> new_values(with_gaps(value));
    const DeviceArray<T> z(lanes * sizes.heads * sizes.unit);
    const StepAttentions<T> job{.lanes = lanes,
                                .heads = sizes.heads,
                                .kv_heads = sizes.kv_heads,
                                .unit = sizes.unit,
                                .query = queries.data(),
                                .key = new_keys.data(),
                                .value = new_values.data(),
                                .query_stride = sizes.heads * sizes.unit + gap,
                                .key_stride = token + gap,
                                .value_stride = token + gap,
                                .keys = table.data(),
                                .values = table.data() + lanes,
                                .tokens = tokens.data(),
                                .window = sizes.window,
                                .scale = scale(),
                                .softcap = static_cast<Wide<T>>(sizes.softcap),
                                .z = z.data()};
    step_attentions_cuda(job, nullptr);
    std::vector<T> result = z.values();
    for (std::size_t i = 0; i < rooms.size(); ++i) {
      const std::vector<T>& own = i < lanes ? keys[i] : values[i - lanes];
      std::vector<T> wanted(shift, nothing);
      wanted.insert(wanted.end(), own.begin(), own.end());
      wanted.insert(wanted.end(), 16 * token, nothing);
      CHECK(same_numbers(rooms[i]->values(), wanted));
    }
    return result;
  }
};

/// Values are normal numbers, so are their means at most; exponentials differ from the twin's in
/// the last bits, times scores of up to some 20.
template <class T>
constexpr double roundings = sizeof(T) == 2 ? 1.6 : 120.0;

template <class T>
void check_twin(const Sizes& sizes, std::size_t shift = 0, std::size_t gap = 0) {
  INFO("bytes " << sizeof(T) << " heads " << sizes.heads << " of " << sizes.kv_heads << " unit "
                << sizes.unit << " lanes " << sizes.tokens.size() << " first tokens "
                << sizes.tokens.front() << " window " << sizes.window << " cap " << sizes.softcap);
  const Case<T> one(sizes);
  const std::vector<T> found = one.found(shift, gap);
  const std::vector<double> expected = doubles(one.expected());
  std::size_t apart = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!is_near(found[i], expected[i], roundings<T>, 1.0)) ++apart;
  }
  CHECK(apart == 0);
}

template <class T>
void check_sizes() {
  const std::vector<std::size_t> tokens{1, 2, 15, 64, 333};
  for (const std::size_t unit : {16, 40, 64, 80, 96, 128, 192, 256}) {
    check_twin<T>({.heads = 6, .kv_heads = 6, .unit = unit, .tokens = tokens});
    check_twin<T>({.heads = 8, .kv_heads = 2, .unit = unit, .tokens = {130}, .window = 50});
  }
  for (const std::size_t unit : {2, 18, 34, 66, 130, 250}) {  // not in whole chunks
    check_twin<T>({.heads = 4, .kv_heads = 2, .unit = unit, .tokens = {5, 70}});
  }
  for (const std::size_t group : {1, 4, 7, 8}) {
    check_twin<T>({.heads = 2 * group, .kv_heads = 2, .unit = 64, .tokens = tokens});
    check_twin<T>({.heads = 2 * group, .kv_heads = 2, .unit = 64, .tokens = tokens, .window = 33});
    check_twin<T>(
        {.heads = 2 * group, .kv_heads = 2, .unit = 64, .tokens = tokens, .softcap = 30.0});
  }
  check_twin<T>({.heads = 4, .kv_heads = 2, .unit = 64, .tokens = {5, 70}}, 1);  // unaligned caches
  for (const std::size_t gap : {3, 64}) {
    check_twin<T>({.heads = 8, .kv_heads = 2, .unit = 64, .tokens = tokens}, 0, gap);
  }
}

}  // namespace

TEST_CASE("attention of many lanes on a GPU is the twin's of each",
          "[cuda_step_attentions][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_sizes<float>();
  check_sizes<double>();
  check_sizes<Bfloat16>();
  check_sizes<Float16>();
}

TEST_CASE("attention on a GPU takes long caches and many lanes",
          "[cuda_step_attentions][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_twin<Bfloat16>({.heads = 7, .kv_heads = 1, .unit = 128, .tokens = {20000, 3}});
  check_twin<float>({.heads = 2, .kv_heads = 1, .unit = 64, .tokens = {20000}});
  check_twin<Float16>(
      {.heads = 1, .kv_heads = 1, .unit = 16, .tokens = std::vector<std::size_t>(2500, 3)});
}

TEST_CASE("a lane's attention on a GPU has the same bits in any batch",
          "[cuda_step_attentions][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  const auto check = [](auto kind) {
    using T = decltype(kind);
    for (const std::size_t group : {3, 7}) {
      // Many lanes share blocks among heads, one alone does not.
      Sizes sizes{.heads = 4 * group, .kv_heads = 4, .unit = 64, .tokens = {}};
      for (std::size_t l = 0; l < 48; ++l) sizes.tokens.push_back(1 + l * 7);
      const std::vector<T> all = Case<T>(sizes).found();
      const std::size_t row = sizes.heads * sizes.unit;
      for (const std::size_t lane : {0, 1, 29, 47}) {
        Sizes alone = sizes;
        alone.tokens = {sizes.tokens[lane]};
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(lane * row);
        CHECK(same_numbers(Case<T>(alone).found(),
                           std::vector<T>(first, first + static_cast<std::ptrdiff_t>(row))));
      }
    }
  };
  check(float{});
  check(Bfloat16{});
}

TEST_CASE("attention on a GPU keeps what is not finite to its lane",
          "[cuda_step_attentions][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  const Sizes sizes{.heads = 4, .kv_heads = 2, .unit = 64, .tokens = {40, 40, 40, 40}};
  Case<float> one(sizes);
  one.keys[1][3 * 128 + 5] = std::numeric_limits<float>::quiet_NaN();
  one.values[2][7 * 128 + 70] = std::numeric_limits<float>::infinity();
  for (float& x : one.keys[3]) x = x < 0 ? -1e30F : 1e30F;  // scores beyond float
  std::copy(one.keys[3].end() - 128, one.keys[3].end(), one.key.end() - 128);
  const std::vector<float> found = one.found();
  const std::vector<float> expected = one.expected();
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i, found[i], expected[i]);
    if (std::isnan(expected[i])) {
      CHECK(std::isnan(found[i]));
    } else {
      CHECK(is_near(found[i], static_cast<double>(expected[i]), roundings<float>, 1.0));
    }
  }
}

TEST_CASE("attention on a GPU refuses shapes", "[cuda_step_attentions][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  CHECK_THROWS_AS(step_attentions_cuda<float>({.lanes = 1, .heads = 3, .kv_heads = 2}, nullptr),
                  std::invalid_argument);
  CHECK_THROWS_AS(
      step_attentions_cuda<float>({.lanes = 1, .heads = 2, .kv_heads = 2, .unit = 257}, nullptr),
      std::invalid_argument);
  step_attentions_cuda<float>({.lanes = 0, .heads = 2, .kv_heads = 2, .unit = 64}, nullptr);
}
