// Prism looks at the page when it loads, unless it is told beforehand not to.

(globalThis as { Prism?: { manual: boolean } }).Prism = { manual: true };
