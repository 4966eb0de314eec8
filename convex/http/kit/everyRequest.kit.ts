/**
 * Keeps the files of the kit that every request loads in one chunk of Convex's bundle, and the files of the package
 * `convex` in another.
 *
 * The bundler (esbuild with splitting) puts two files into one chunk only if the same entry points import both. On Convex, each
 * chunk costs a request as much as several kilobytes of code. So every module that is loaded on demand imports this file, by
 * `implement.kit.ts` or directly. `quality/bench/cold/bundle.test.ts` counts the chunks.
 */
import "#docsOnly";
import "./api.kit";
import "./conditional.kit";
import "./contract.kit";
import "./deadline.kit";
import "./implement.kit";
import "./limits.kit";
import "./product.kit";
import "./values.kit";
