// What a panel does in the page itself: plain keys are its own, and a click on a number copies it.

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // where the page is not a secure one
  }
  const told = document.createElement("span");
  told.className = "smsn-muted";
  told.setAttribute("role", "status");
  told.textContent = "Copied";
  field.after(told);
  setTimeout(() => told.remove(), 1500);
}

function render({ el }) {
  /** Tell whether an event is for this panel, and not for one within it. */
  const isOurs = ({ target }) => {
    const panel = el.closest(".smsn");
    return panel !== null && target instanceof Element && target.closest(".smsn") === panel;
  };
  const pressed = (event) => {
    if (!isOurs(event)) return;
    // JupyterLab would take Enter from a button, and delete the cell at D D; Ctrl+S stays its own.
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    event.target.toggleAttribute("data-lm-suppress-shortcuts", plain);
    if (event.key === "Enter" && event.target.matches("input.smsn-copy")) copy(event.target);
  };
  const clicked = (event) => {
    if (isOurs(event) && event.target.matches("input.smsn-copy")) copy(event.target);
  };
  addEventListener("keydown", pressed, true); // on the window: before JupyterLab sees it
  addEventListener("click", clicked);
  return () => {
    removeEventListener("keydown", pressed, true);
    removeEventListener("click", clicked);
  };
}

export default { render };
