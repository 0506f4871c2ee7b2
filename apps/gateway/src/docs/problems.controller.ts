import { Controller, Get, Param } from '@nestjs/common';
import { ErrorCatalogue, type ErrorCode, isErrorCode } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { z } from 'zod';
import { Open } from '../route.js';

const ProblemPage = z
  .strictObject({ type: z.string(), code: z.string(), status: z.int(), title: z.string(), explanation: z.string() })
  .meta({ id: 'ProblemPage' });
type ProblemPage = z.output<typeof ProblemPage>;

const pageOf = (code: ErrorCode): ProblemPage => {
  const { status, title, explanation } = ErrorCatalogue[code];
  return { type: `/problems/${code}`, code, status, title, explanation };
};

/** What each problem type means: the pages that `type` of a problem points to (RFC 9457, 3.1.1). */
@Controller('problems')
export class ProblemsController {
  @Get()
  @Open('Lists all problem types', z.strictObject({ data: z.array(ProblemPage) }))
  list(): { data: ProblemPage[] } {
    return { data: Object.keys(ErrorCatalogue).filter(isErrorCode).map(pageOf) };
  }

  @Get(':code')
  @Open('Explains a problem type', ProblemPage)
  get(@Param('code') code: string): ProblemPage {
    if (!isErrorCode(code)) throw new ServiceError('not-found', 'There is no such problem type.');
    return pageOf(code);
  }
}
