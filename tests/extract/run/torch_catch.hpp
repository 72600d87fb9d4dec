// SPDX-License-Identifier: MIT
#pragma once

// clang-format off: LibTorch defines a CHECK of its own; Catch's must come after it and stay.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Logging.h>
#undef CHECK
#include "catch.hpp"
// clang-format on
