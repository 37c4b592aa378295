"use strict";
/* Closes the cell that is open, where it stood. Without this script its link leads to the top of the table. */

function closeCell() {
  const top = window.scrollY; // the hash alone would scroll to the top of the table
  location.hash = "table";
  window.scrollTo(0, top);
}

for (const link of document.querySelectorAll(".close")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    closeCell();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && location.hash.length > 1) closeCell();
});
