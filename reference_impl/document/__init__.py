"""The consumers as the document writes them, message for message, defects kept and named.

A line that begins with `Defect:` in a docstring names one. PHP's juggling of types is not
imitated: what PHP would turn from `1` into `"1"` counts as misshapen here.
"""

from reference_impl.document.roles import play

__all__ = ["play"]
