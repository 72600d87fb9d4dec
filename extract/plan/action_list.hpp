// SPDX-License-Identifier: MIT
#pragma once

#include "plan/action.hpp"

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// The actions of a run, which do not change. Copies share them: a plan that removes the same
/// thousand heads from sixty texts holds the thousand actions once.
class ActionList {
 public:
  ActionList() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a list of actions is one
  ActionList(std::vector<Action> actions)
      : actions_(std::make_shared<const std::vector<Action>>(std::move(actions))) {}
  ActionList(std::initializer_list<Action> actions) : ActionList(std::vector<Action>(actions)) {}

  [[nodiscard]] const Action* begin() const { return actions_ ? actions_->data() : nullptr; }
  [[nodiscard]] const Action* end() const { return begin() + size(); }
  [[nodiscard]] std::size_t size() const { return actions_ ? actions_->size() : 0; }
  [[nodiscard]] bool empty() const { return size() == 0; }

  friend bool operator==(const ActionList& a, const ActionList& b) {
    return a.actions_ == b.actions_ || std::ranges::equal(a, b);
  }

 private:
  std::shared_ptr<const std::vector<Action>> actions_;
};

}  // namespace phiscope::extract
