// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace phiscope::extract {

/// What a value of a configuration file must be. A whole number is a number as well.
enum class ConfigType { text, whole, number, boolean, wholes, numbers, table };

/// A key of a configuration file that is no flag: a name of another program.
struct ConfigKey {
  std::string name;  ///< with its table: "variance_exp.temperatures"
  ConfigType type = ConfigType::text;
  std::string flag = {};  ///< that it sets, without dashes; empty: none by itself
  std::string note = {};  ///< why it has no effect, for people; empty: it has one
};

/// Values as flags take them, by the name of a flag or a key.
using ConfigValues = std::map<std::string, std::string>;

/// The names that the file may have besides the flags'.
struct ConfigNames {
  std::vector<ConfigKey> keys = {};
  /// Flags that follow from several keys; what the file says of a flag by itself wins.
  std::function<ConfigValues(const ConfigValues& found)> combine = {};
};

}  // namespace phiscope::extract
