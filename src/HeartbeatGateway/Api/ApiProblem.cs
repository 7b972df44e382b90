using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace HeartbeatGateway.Api;

/// <summary>Makes the API's errors: problem details (RFC 9457) with a <c>code</c> for programs and a sentence for people.</summary>
internal static class ApiProblem
{
    /// <summary>A problem as a result.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">One of a closed set of names, listed in docs/api.md.</param>
    /// <param name="detail">What is wrong and what to do. Text of the caller in it is bounded.</param>
    public static ProblemHttpResult Create(int status, string code, string detail) =>
        TypedResults.Problem(new ProblemDetails { Status = status, Detail = detail, Extensions = { ["code"] = code } });

    public static ProblemHttpResult BadRequest(string code, string detail) => Create(StatusCodes.Status400BadRequest, code, detail);

    public static ProblemHttpResult NotFound(string code, string detail) => Create(StatusCodes.Status404NotFound, code, detail);
}

/// <summary>Ends the handling of a request with a problem.</summary>
/// <param name="result">The answer.</param>
internal sealed class ApiProblemException(ProblemHttpResult result) : Exception(result.ProblemDetails.Detail)
{
    public ProblemHttpResult Result { get; } = result;
}
