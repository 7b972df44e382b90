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

    /// <summary>Adds code and sentence to a problem that the framework has made.</summary>
    public static void Complete(ProblemDetails problem)
    {
        if (problem.Extensions.ContainsKey("code")) return;
        (string Code, string? Detail) known = problem.Status switch
        {
            StatusCodes.Status400BadRequest => ("bad_request", null),
            StatusCodes.Status404NotFound => ("not_found", "There is nothing at this address; /openapi/v1.json lists what there is."),
            StatusCodes.Status405MethodNotAllowed => ("method_not_allowed", "This address does not take this method; the header Allow lists those that it takes."),
            StatusCodes.Status413PayloadTooLarge => ("body_too_large", $"The body may have at most {ApiBody.MaxBytes} bytes."),
            StatusCodes.Status415UnsupportedMediaType => ("json_required", "The body must be JSON: send it with Content-Type: application/json."),
            _ => ("internal_error", "The gateway failed to answer; its log has the details."),
        };
        problem.Extensions["code"] = known.Code;
        problem.Detail ??= known.Detail;
    }

    public static ProblemHttpResult BadRequest(string code, string detail) => Create(StatusCodes.Status400BadRequest, code, detail);

    public static ProblemHttpResult NotFound(string code, string detail) => Create(StatusCodes.Status404NotFound, code, detail);
}

/// <summary>Ends the handling of a request with a problem.</summary>
/// <param name="result">The answer.</param>
internal sealed class ApiProblemException(ProblemHttpResult result) : Exception(result.ProblemDetails.Detail)
{
    public ProblemHttpResult Result { get; } = result;
}
