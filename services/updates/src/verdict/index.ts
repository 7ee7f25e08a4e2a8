/**
 * Verdict: what is remembered of a product, what may follow on it, and what it means for the version on this machine.
 *
 * Belongs here: rollback, freeze and fast-forward by dates and versions, and the verdict. Does not belong here: reading
 * a clock or a file.
 */
export { acceptFinding, adoptAnswer, noteFailure, shareAnswer } from './accept-finding.ts'
export { findAnswer, judgeProduct, type Verdict } from './judge-product.ts'
export { EMPTY_MEMORY, PRODUCT_MEMORY, type ProductMemory, SHARED_ANSWER, type SharedAnswer } from './product-memory.ts'
export { nameQuestion } from './question.ts'
