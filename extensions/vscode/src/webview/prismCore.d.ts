declare module "prismjs/components/prism-core" {
  const Prism: typeof import("prismjs");
  export default Prism;
}
