// SPDX-License-Identifier: MIT
#pragma once

#include "model/batch.hpp"
#include "model/edit.hpp"
#include "plan/plan.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// What one action does to one lane of a batch.
struct Change {
  enum class Kind { zero, set, add };

  Hook hook = Hook::resid_post;
  int layer = 0;
  int head = -1;                   ///< of hook_z: this head alone; -1: all units
  std::vector<std::int64_t> rows;  ///< of the batch
  Kind kind = Kind::zero;
  double scale = 1.0;                     ///< of what is added
  at::Tensor source{};                    ///< [position, ...] values at the hook; of zero: none
  bool of_all_heads = false;              ///< `head` is taken of a source [position, head, unit]
  std::vector<std::int64_t> positions{};  ///< [row] of the source
};

/// The changes of all lanes of a batch as few edits: what actions of different lanes, heads or
/// positions do at one hook of a layer is one edit, whose indices go to the device in one upload
/// for all. Changes of the same values follow each other in the order in which they are added.
class ChangeList {
 public:
  /// @param lane  whose rows these are; no rows: nothing
  void add(std::size_t lane, Change change);
  /// @param heads  of the model
  /// @throws std::invalid_argument for a head that the model or a source has not
  [[nodiscard]] std::vector<Edit> edits(std::int64_t heads, at::Device device) const;

 private:
  /// What one edit can hold. Later waves change what earlier ones may have changed.
  struct Key {
    Hook hook;
    int layer;
    std::size_t wave;
    bool by_head;
    Change::Kind kind;
    double scale;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  /// Rows from the first to the last of a change.
  struct Reach {
    int head;
    std::int64_t first;
    std::int64_t last;
    std::size_t wave;
  };

  std::map<Key, std::vector<Change>> changes_;
  std::map<std::tuple<std::size_t, Hook, int>, std::vector<Reach>> reached_;  ///< [lane, place]
};

}  // namespace phiscope::extract
