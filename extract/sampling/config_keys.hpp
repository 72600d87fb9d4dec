// SPDX-License-Identifier: MIT
#pragma once

#include "command/config_names.hpp"

namespace phiscope::extract {

/// The names that the configuration of the published experiment has, as `--config` of `extract
/// sampling` takes them.
ConfigNames sampling_config_names();

}  // namespace phiscope::extract
