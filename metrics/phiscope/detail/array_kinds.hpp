// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>

#include <concepts>
#include <iterator>
#include <type_traits>
#include <utility>

namespace phiscope::detail {

/// A matrix, array, block, map or expression of Eigen, known by what it offers: no header of Eigen.
template <class A>
concept EigenArray = requires(const A& a) {
  typename A::Scalar;
  typename A::PlainObject;
  { bool(A::IsRowMajor) } -> std::convertible_to<bool>;
  a.derived();
  a.rows();
  a.cols();
};

/// One whose elements lie in memory, so that nothing has to be evaluated first.
template <class A>
concept EigenElements = EigenArray<A> && requires(const A& a) {
  a.derived().data();
  a.derived().innerStride();
  a.derived().outerStride();
};

/// A container, adaptor or strided view of xtensor.
template <class A>
concept XtensorArray = requires(const A& a) {
  typename A::value_type;
  a.data();
  a.data_offset();
  a.dimension();
  a.shape();
  a.strides();
};

/// A container or span of the standard library, or an array of the language.
template <class A>
concept ContiguousRange = !XtensorArray<A> && !EigenArray<A> && requires(const A& a) {
  *std::data(a);
  std::size(a);
};

template <class A>
struct Element;
template <EigenArray A>
struct Element<A> : std::type_identity<typename A::Scalar> {};
template <XtensorArray A>
struct Element<A> : std::type_identity<std::remove_const_t<typename A::value_type>> {};
template <ContiguousRange A>
struct Element<A>
    : std::type_identity<std::remove_cvref_t<decltype(*std::data(std::declval<const A&>()))>> {};
template <class T>
struct Element<MatrixView<T>> : std::type_identity<T> {};

}  // namespace phiscope::detail
