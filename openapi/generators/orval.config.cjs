module.exports = {
  api: {
    input: { target: "./openapi.json" },
    output: { target: "./out/orval/api.ts", client: "axios-functions" },
  },
};
