// SPDX-License-Identifier: MIT
#include "run/changes.hpp"

#include "model/index_tensor.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace phiscope::extract {
namespace {

void check_head(int head, std::int64_t heads) {
  if (head >= heads) throw std::invalid_argument("edits_of: a head that no layer has");
}

/// A range of a list of numbers.
struct IndexRange {
  std::size_t begin = 0;
  std::size_t count = 0;
};

/// Numbers that go to a device together.
class Numbers {
 public:
  template <class Number>
  IndexRange add(std::size_t count, Number number) {
    const IndexRange range{.begin = all_.size(), .count = count};
    for (std::size_t i = 0; i < count; ++i) all_.push_back(number(i));
    return range;
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] at::Tensor on(at::Device device) const { return index_tensor(all_, device); }

 private:
  std::vector<std::int64_t> all_;
};

at::Tensor range_of(const at::Tensor& numbers, IndexRange range) {
  return numbers.narrow(0, static_cast<std::int64_t>(range.begin),
                        static_cast<std::int64_t>(range.count));
}

/// Changes that take values of one source, next to each other.
void by_source(std::vector<const Change*>& changes) {
  std::map<const void*, std::size_t> numbers;  // in the order of the first of each
  for (const Change* one : changes) {
    numbers.try_emplace(one->source.unsafeGetTensorImpl(), numbers.size());
  }
  std::ranges::stable_sort(changes, {}, [&](const Change* one) {
    return numbers.at(one->source.unsafeGetTensorImpl());
  });
}

/// What is taken of one source.
struct Taken {
  at::Tensor source;  ///< [position, ...], or [position and head, unit]
  IndexRange index;
};

/// An edit whose indices are not on the device yet.
struct Planned {
  Edit edit;
  IndexRange rows;
  std::vector<Taken> taken{};
};

/// The values of an edit, row by row.
at::Tensor values_of(const Planned& planned, const at::Tensor& numbers) {
  std::vector<at::Tensor> parts;
  parts.reserve(planned.taken.size());
  for (const Taken& one : planned.taken) {
    parts.push_back(one.source.index_select(0, range_of(numbers, one.index)));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

}  // namespace

void ChangeList::add(std::size_t lane, Change change) {
  if (change.rows.empty()) return;
  const auto [low, high] = std::ranges::minmax(change.rows);
  Reach reach{.head = change.head, .first = low, .last = high, .wave = 0};
  std::vector<Reach>& before = reached_[{lane, change.hook, change.layer}];
  for (const Reach& one : before) {
    const bool same_head = one.head < 0 || reach.head < 0 || one.head == reach.head;
    const bool same_rows = one.first <= reach.last && reach.first <= one.last;
    if (same_head && same_rows) reach.wave = std::max(reach.wave, one.wave + 1);
  }
  before.push_back(reach);
  const Key key{.hook = change.hook,
                .layer = change.layer,
                .wave = reach.wave,
                .by_head = change.head >= 0,
                .kind = change.kind,
                .scale = change.kind == Change::Kind::add ? change.scale : 0.0};
  changes_[key].push_back(std::move(change));
}

std::vector<Edit> ChangeList::edits(std::int64_t heads, at::Device device) const {
  Numbers numbers;
  std::vector<Planned> all;
  for (const auto& [key, group] : changes_) {
    std::vector<const Change*> changes;
    for (const Change& one : group) changes.push_back(&one);
    by_source(changes);
    Planned& planned = all.emplace_back();
    planned.edit = {.hook = key.hook,
                    .layer = key.layer,
                    .by_head = key.by_head,
                    .rows = {},
                    .added = key.kind == Change::Kind::add};
    planned.rows.begin = numbers.size();
    for (const Change* one : changes) {
      if (key.by_head) check_head(one->head, heads);
      planned.rows.count +=
          numbers
              .add(one->rows.size(),
                   [&](std::size_t i) {
                     return key.by_head ? one->rows[i] * heads + one->head : one->rows[i];
                   })
              .count;
    }
    if (key.kind == Change::Kind::zero) continue;
    for (std::size_t c = 0; c < changes.size();) {
      const at::Tensor& source = changes[c]->source;
      const bool of_all = changes[c]->of_all_heads;
      Taken taken{.source = of_all ? source.flatten(0, 1) : source,
                  .index = {.begin = numbers.size()}};
      for (; c < changes.size() && changes[c]->source.is_same(source); ++c) {
        const Change& one = *changes[c];
        if (of_all) check_head(one.head, source.size(1));
        taken.index.count += numbers
                                 .add(one.positions.size(),
                                      [&](std::size_t i) {
                                        return of_all ? one.positions[i] * source.size(1) + one.head
                                                      : one.positions[i];
                                      })
                                 .count;
      }
      planned.taken.push_back(std::move(taken));
    }
  }
  std::vector<Edit> edits;
  if (all.empty()) return edits;
  const at::Tensor there = numbers.on(device);
  auto key = changes_.begin();
  for (Planned& planned : all) {
    planned.edit.rows = range_of(there, planned.rows);
    if (!planned.taken.empty()) {
      planned.edit.values = values_of(planned, there);
      if (planned.edit.added) {
        planned.edit.values = planned.edit.values.to(at::kDouble).mul(key->first.scale);
      }
    }
    edits.push_back(std::move(planned.edit));
    ++key;
  }
  return edits;
}

}  // namespace phiscope::extract
