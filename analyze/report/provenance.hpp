// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phiscope::report {

/// Name and value of what a report says below its title.
using Fact = std::pair<std::string, std::string>;

/// Adds a row `run`, name, value for every number and text of a plan; names are joined by dots, and
/// lists are one value, cut at 120 characters.
/// @param skip  a member of the plan that is left out
void add_plan_rows(const nlohmann::ordered_json& plan, const std::string& run,
                   std::string_view skip, Table& table);

/// What an object of a plan says, or null: extract writes it, others may not.
[[nodiscard]] nlohmann::ordered_json plan_member(const nlohmann::ordered_json& object,
                                                 std::string_view name);

/// Texts as they are, other values as JSON; bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string plain_text(const nlohmann::ordered_json& value);

/// "a 1; b 2" of an object; a list is "x 1, 2". Empty for what is no object.
[[nodiscard]] std::string members_text(const nlohmann::ordered_json& object);

/// Name, architecture, sizes and digests of the weights of a plan's member `model`.
[[nodiscard]] std::string model_text(const nlohmann::ordered_json& model);

/// "version 0.1.0, revision 1a2b3c" of the program that extracted a run.
[[nodiscard]] std::string version_text(const nlohmann::ordered_json& plan);

/// The fact once if all runs agree, and once per run if not; nothing where all are empty.
/// @param texts  [run]
/// @param labels  [run]
void add_fact(const std::string& what, const std::vector<std::string>& texts,
              const std::vector<std::string>& labels, std::vector<Fact>& facts);

}  // namespace phiscope::report
