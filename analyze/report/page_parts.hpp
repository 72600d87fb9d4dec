// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace phiscope::report {

/// The style sheet of a report.
[[nodiscard]] std::string_view page_style();

/// The script of a report: draws the figures, those in view first, and makes their CSV files.
/// Expects Plotly, and for every element of class "plot" a <script> whose id is "data-" and the
/// element's id, with the JSON of plotly_figure().
[[nodiscard]] std::string_view page_script();

/// The text for HTML, inside and outside of attributes.
[[nodiscard]] std::string escaped(std::string_view text);

/// Bytes for a URI: everything but letters, digits and "-._~" as %XX (RFC 3986).
[[nodiscard]] std::string percent_encoded(std::string_view bytes);

}  // namespace phiscope::report
