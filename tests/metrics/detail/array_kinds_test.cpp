// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/array_kinds.hpp>

#include <Eigen/Core>

#include <array>
#include <concepts>
#include <list>
#include <span>
#include <type_traits>
#include <vector>

namespace detail = phiscope::detail;

TEST_CASE("arrays are told apart by what they offer", "[array_kinds]") {
  STATIC_REQUIRE(detail::ContiguousRange<std::vector<float>>);
  STATIC_REQUIRE(detail::ContiguousRange<std::array<double, 3>>);
  STATIC_REQUIRE(detail::ContiguousRange<std::span<const double>>);
  STATIC_REQUIRE(detail::ContiguousRange<double[3]>);
  STATIC_REQUIRE_FALSE(detail::ContiguousRange<std::list<double>>);
  STATIC_REQUIRE_FALSE(detail::ContiguousRange<double>);
  STATIC_REQUIRE_FALSE(detail::ContiguousRange<Eigen::VectorXd>);
  STATIC_REQUIRE_FALSE(detail::ContiguousRange<phiscope::MatrixView<double>>);
  STATIC_REQUIRE(detail::EigenElements<Eigen::MatrixXf>);
  STATIC_REQUIRE(detail::EigenElements<Eigen::Block<const Eigen::MatrixXd>>);
  using Sum = decltype(std::declval<Eigen::MatrixXd>() + std::declval<Eigen::MatrixXd>());
  STATIC_REQUIRE(detail::EigenArray<Sum>);
  STATIC_REQUIRE_FALSE(detail::EigenElements<Sum>);
  STATIC_REQUIRE_FALSE(detail::XtensorArray<Eigen::MatrixXd>);
  STATIC_REQUIRE_FALSE(detail::EigenArray<std::vector<double>>);
}

TEST_CASE("the element of an array has no const", "[array_kinds]") {
  STATIC_REQUIRE(std::same_as<detail::Element<std::span<const float>>::type, float>);
  STATIC_REQUIRE(std::same_as<detail::Element<Eigen::Map<const Eigen::VectorXd>>::type, double>);
  STATIC_REQUIRE(std::same_as<detail::Element<phiscope::MatrixView<float>>::type, float>);
  STATIC_REQUIRE(std::same_as<detail::Element<int[2]>::type, int>);
}
